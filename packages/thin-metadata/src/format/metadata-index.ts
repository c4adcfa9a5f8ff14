import { BITMAP_ENTRY_SIZE } from './bitmap-entry.ts';
import type { BlockKind } from './block.ts';

/** The one block that lists the bitmaps of the metadata space map. */
export const METADATA_INDEX: BlockKind = { name: 'metadata index', salt: 160_478 };

/** MAX_METADATA_BITMAPS. */
export const MAX_METADATA_BITMAPS = 255;

/** Where in the block the entry of bitmap `index` begins. */
export function indexEntryOffset(index: number): number {
  return 16 + BITMAP_ENTRY_SIZE * index;
}
