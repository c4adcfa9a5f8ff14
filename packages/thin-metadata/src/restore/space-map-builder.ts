import { BITMAP, COUNTS_PER_BITMAP, OVERFLOW, setCount } from '../format/bitmap.ts';
import { BITMAP_ENTRY_SIZE, type BitmapEntry, encodeBitmapEntry } from '../format/bitmap-entry.ts';
import { Block } from '../format/block.ts';
import { indexEntryOffset, METADATA_INDEX } from '../format/metadata-index.ts';
import type { SpaceMapRoot } from '../format/superblock.ts';
import { OVERFLOW_COUNT_SIZE } from '../space-map/reference-counts.ts';
import type { Tally } from '../space-map/tally.ts';
import type { BlockSequence } from './block-sequence.ts';
import { TreeBuilder } from './tree-builder.ts';

/** Writes the space map of `blocks` data blocks that are referred to as often as was counted. */
export function buildDataSpaceMap(blocks: BlockSequence, nrBlocks: number, counts: Tally): SpaceMapRoot {
  const index = new TreeBuilder(blocks, BITMAP_ENTRY_SIZE);
  const overflow = new TreeBuilder(blocks, OVERFLOW_COUNT_SIZE);
  const bitmap = new Block(0, BITMAP);
  let allocated = 0;
  for (let number = 0; number * COUNTS_PER_BITMAP < nrBlocks; number++) {
    const base = number * COUNTS_PER_BITMAP;
    const page = counts.bitmap(number);
    bitmap.bytes.fill(0);
    page?.forEach((count, at) => {
      if (count === 0) return;
      setCount(bitmap, at, Math.min(count, OVERFLOW));
      if (count < OVERFLOW) return;
      const value = overflow.add(base + at);
      overflow.view.setUint32(value, counts.count(base + at), true);
    });
    const entry = entryOf(blocks.append(BITMAP, bitmap), page);
    allocated += COUNTS_PER_BITMAP - entry.free;
    const at = index.add(number);
    encodeBitmapEntry(index.view, at, entry);
  }
  return { blocks: nrBlocks, allocated, bitmapRoot: index.finish(), overflowRoot: overflow.finish() };
}

/** Writes the space map of the metadata device itself, last of all: it counts what was written, its own blocks too. */
export function buildMetadataSpaceMap(blocks: BlockSequence, nrBlocks: number): SpaceMapRoot {
  const overflowRoot = new TreeBuilder(blocks, OVERFLOW_COUNT_SIZE).finish();
  const bitmaps = Math.ceil(nrBlocks / COUNTS_PER_BITMAP);
  const allocated = blocks.next + bitmaps + 1;
  const index = new Block(0, METADATA_INDEX);
  const bitmap = new Block(0, BITMAP);
  const ones = new Uint8Array(COUNTS_PER_BITMAP).fill(1);
  for (let number = 0; number < bitmaps; number++) {
    const taken = Math.max(0, Math.min(COUNTS_PER_BITMAP, allocated - number * COUNTS_PER_BITMAP));
    bitmap.bytes.fill(0);
    for (let at = 0; at < taken; at++) setCount(bitmap, at, 1);
    const entry = entryOf(blocks.append(BITMAP, bitmap), ones.subarray(0, taken));
    encodeBitmapEntry(index.view, indexEntryOffset(number), entry);
  }
  return { blocks: nrBlocks, allocated, bitmapRoot: blocks.append(METADATA_INDEX, index), overflowRoot };
}

function entryOf(bitmap: number, counts: Uint8Array = new Uint8Array()): BitmapEntry {
  let taken = 0;
  for (const count of counts) if (count > 0) taken++;
  const free = counts.indexOf(0);
  return { bitmap, free: COUNTS_PER_BITMAP - taken, noneFreeBefore: free === -1 ? counts.length : free };
}
