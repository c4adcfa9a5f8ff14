/** One letter after a backslash, and its byte (Go's string literals). */
const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 0x5c };
/** Digits after a backslash and one of these. */
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const MAX_CODE_POINT = 0x10ffff;

export type Quoted = { readonly value: string; readonly end: number } | { readonly problem: string };

/** Reads a literal whose quote is at `start`; `end` is behind its closing quote. */
export function readQuoted(text: string, start: number): Quoted {
  const quote = text[start] ?? '';
  const bytes: number[] = [];
  let at = start + 1;
  while (text[at] !== quote) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (at >= text.length || '\n\0\ufffd'.includes(character)) return { problem: 'a closing quote' };
    if (character !== '\\') {
      bytes.push(...ENCODER.encode(character));
      at += character.length;
      continue;
    }
    const escaped = readEscape(text, at + 1, quote);
    if (escaped === undefined) return { problem: 'an escape sequence of Go' };
    bytes.push(...escaped.bytes);
    at = escaped.end;
  }
  // Bytes that are no UTF-8 equal nothing that containerd can send.
  return { value: DECODER.decode(Uint8Array.from(bytes)), end: at + 1 };
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/** What follows a backslash; undefined: nothing that may. */
function readEscape(
  text: string,
  at: number,
  quote: string,
): { readonly bytes: Iterable<number>; readonly end: number } | undefined {
  const letter = text[at] ?? '';
  if (letter === quote) return { bytes: [quote.charCodeAt(0)], end: at + 1 };
  const single = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (single !== undefined) return { bytes: [single], end: at + 1 };
  const octal = /^[0-3][0-7]{2}/u.exec(text.slice(at, at + 3))?.[0];
  if (octal !== undefined) return { bytes: [Number.parseInt(octal, 8)], end: at + 3 };
  const length = Object.hasOwn(HEX_DIGITS, letter) ? (HEX_DIGITS[letter] ?? 0) : 0;
  const end = at + 1 + length;
  const digits = text.slice(at + 1, end);
  if (length === 0 || digits.length < length || !/^[0-9a-fA-F]+$/u.test(digits)) return undefined;
  const value = Number.parseInt(digits, 16);
  if (letter === 'x') return { bytes: [value], end };
  return value > MAX_CODE_POINT ? undefined : { bytes: ENCODER.encode(String.fromCodePoint(value)), end };
}
