import { getU64, setU64 } from './u64.ts';

/** Bytes of an entry (struct disk_index_entry). */
export const BITMAP_ENTRY_SIZE = 16;

/** What the index of a space map says of one bitmap. */
export interface BitmapEntry {
  /** Where the bitmap lies, in metadata blocks. */
  readonly bitmap: number;
  /** Of all it could count, even where the device ends before (a short last bitmap). */
  readonly free: number;
  /** A hint: no count below this one is 0. */
  readonly noneFreeBefore: number;
}

export function decodeBitmapEntry(view: DataView, offset: number): BitmapEntry {
  return {
    bitmap: getU64(view, offset),
    free: view.getUint32(offset + 8, true),
    noneFreeBefore: view.getUint32(offset + 12, true),
  };
}

export function encodeBitmapEntry(view: DataView, offset: number, entry: BitmapEntry): void {
  setU64(view, offset, entry.bitmap);
  view.setUint32(offset + 8, entry.free, true);
  view.setUint32(offset + 12, entry.noneFreeBefore, true);
}
