import type { BitmapEntry } from '../format/bitmap-entry.ts';

/** The list of a space map's bitmaps. */
export interface BitmapIndex {
  /** Where the list begins, in metadata blocks. */
  readonly root: number;
  /** How many bitmaps it can list. */
  readonly limit: number;
  load(bitmap: number): BitmapEntry;
  save(bitmap: number, entry: BitmapEntry): void;
  /** Writes to metadata blocks what was saved, where there is anything to write. */
  commit(): void;
  /** The list as it is now, which later changes to this one do not touch. */
  snapshot(): BitmapIndex;
}
