// isspace() of the kernel (lib/ctype.c): ASCII white space, and 0xa0 of Latin-1.
const SPACE = ' \t\n\v\f\r\xa0';

/**
 * Splits a target's parameters or a message into words, as dm_split_args does: at white space, with a backslash taking
 * the next character as it is. A backslash at the very end stands for itself.
 */
export function splitWords(text: string): string[] {
  if (!text.includes('\\')) return text.split(/[ \t\n\v\f\r\xa0]+/u).filter((word) => word !== '');
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\' && at + 1 < text.length) word = (word ?? '') + text[++at];
    else if (!SPACE.includes(character)) word = (word ?? '') + character;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}
