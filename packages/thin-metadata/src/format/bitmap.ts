import { BLOCK_SIZE, type Block, type BlockKind } from './block.ts';

const HEADER = 16;
const COUNTS_PER_WORD = 16;

/** How many blocks one bitmap counts, two bits each. */
export const COUNTS_PER_BITMAP: number = (BLOCK_SIZE - HEADER) * 4;
/** The count that says: look in the overflow tree. */
export const OVERFLOW = 3;

/** A block of two-bit reference counts; 3 stands for "three or more". */
export const BITMAP: BlockKind = { name: 'space map bitmap', salt: 240_779 };

/** Bit 2n is the high and bit 2n + 1 the low bit of count n, so the two pairs 01 and 10 are swapped. */
const SWAPPED = [0, 2, 1, 3] as const;

export function countAt({ view }: Block, index: number): 0 | 1 | 2 | 3 {
  const pair = (view.getUint32(HEADER + 4 * (index >> 4), true) >>> (2 * (index & 15))) & 3;
  return SWAPPED[pair] as 0 | 1 | 2 | 3;
}

export function setCount({ view }: Block, index: number, count: number): void {
  const offset = HEADER + 4 * (index >> 4);
  const shift = 2 * (index & 15);
  const pair = SWAPPED[count] as number;
  view.setUint32(offset, (view.getUint32(offset, true) & ~(3 << shift)) | (pair << shift), true);
}

/** The first index of `begin` to `end` whose count is 0; -1 where there is none. */
export function firstFree({ view }: Block, begin: number, end: number): number {
  let word = Math.floor(begin / COUNTS_PER_WORD);
  let mask = -1 << (2 * (begin % COUNTS_PER_WORD));
  for (; word * COUNTS_PER_WORD < end; word++, mask = -1) {
    const counts = view.getUint32(HEADER + 4 * word, true);
    const free = ~(counts | (counts >>> 1)) & 0x5555_5555 & mask;
    if (free === 0) continue;
    const index = word * COUNTS_PER_WORD + ((31 - Math.clz32(free & -free)) >> 1);
    return index < end ? index : -1;
  }
  return -1;
}
