const LIMIT = 120;

/** `text` as an error message shows it: in quotes, control characters escaped, cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > LIMIT ? `${text.slice(0, LIMIT)}...` : text);
}
