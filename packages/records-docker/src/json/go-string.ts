const SHORT: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** What Go's `json.Marshal` escapes: quotes, backslash, controls, HTML's `< > &`, and two line ends of JavaScript. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be found
const ESCAPED = /["\\\u0000-\u001f<>&\u2028\u2029]|\p{Surrogate}/gu;

/** `text` as a JSON string with the bytes Go writes (encoding/json `encodeState.string`, Go 1.13 as Docker 20.10 has it). */
export function goString(text: string): string {
  return `"${text.replace(ESCAPED, escaped)}"`;
}

function escaped(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const unit = character.charCodeAt(0);
  // A lone half of a surrogate pair has no UTF-8 form; Go writes the replacement character, escaped.
  if (unit >= 0xd800 && unit <= 0xdfff) return '\\ufffd';
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
