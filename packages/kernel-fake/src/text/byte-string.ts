/**
 * The kernel knows bytes, not characters: names, uuids, parameters and messages are kept inside as strings of one
 * character a byte, so that any bytes survive and names sort as the kernel sorts them.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is about all of ASCII
const ASCII = /^[\x00-\x7f]*$/u;

/** The UTF-8 bytes of `text`, a character each. */
export function toBytes(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text whose UTF-8 bytes these are. */
export function fromBytes(bytes: string): string {
  return ASCII.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}
