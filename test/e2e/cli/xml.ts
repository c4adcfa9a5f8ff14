/** What keeps `text` from being well-formed XML (of elements, attributes and text); undefined for nothing. */
export function faultOfXml(text: string): string | undefined {
  const open: string[] = [];
  let isRootClosed = false;
  for (const [token] of text.trim().matchAll(/<[^>]*>|[^<]+/gu)) {
    if (!token.startsWith('<')) {
      if (/&(?!(?:amp|lt|gt|quot|apos|#\d+);)/u.test(token)) return `a bare ampersand in ${token}`;
      continue;
    }
    if (isRootClosed) return `${token} behind the root element`;
    const match = /^<(\/?)([A-Za-z][\w-]*)((?:\s+[A-Za-z][\w:-]*="[^"<&]*")*)\s*(\/?)>$/u.exec(token);
    if (match === null) return `no tag: ${token}`;
    const [, closing, name = '', , selfClosing] = match;
    if (closing === '/') {
      if (open.pop() !== name) return `${token} closes another element`;
      isRootClosed = open.length === 0;
    } else if (selfClosing !== '/') open.push(name);
  }
  return open.length === 0 ? undefined : `${open.join(', ')} stays open`;
}
