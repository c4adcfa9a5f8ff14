import type { MappedRange, ThinDevice } from '@dmthin/thin-metadata';
import { Refusal } from '../errno/refusal.ts';
import type { DataBlocks } from './data-blocks.ts';
import type { Pool } from './pool.ts';
import { refusalOf } from './pool-fault.ts';

/** Data blocks that were unmapped and may be discarded below; `end` is the one behind the last. */
interface Unmapped {
  readonly begin: number;
  readonly end: number;
}

/**
 * Unmaps blocks of a thin device and, where the pool passes discards down, gives the data blocks that nobody else uses
 * to the data device, before they may be used again (dm-kernel.md 3.8).
 * @throws Refusal EIO: the metadata failed.
 */
export function discardBlocks(pool: Pool, thin: ThinDevice, data: DataBlocks, begin: number, end: number): void {
  if (begin >= end) return;
  if (!pool.features.passesDiscardsDown) {
    pool.change(() => pool.metadata.removeRange(thin, begin, end), 'EIO');
    return;
  }
  const unmapped: Unmapped[] = [];
  for (let at = begin; at < end; ) {
    const range = mappedRange(pool, thin, at, end);
    if (range === undefined) break;
    unmapped.push(unmap(pool, thin, data, range));
    at = range.end;
  }
  // While the discards are under way below, the worker may commit: the blocks themselves are given back after that.
  pool.workerPass();
  for (const { begin: from, end: to } of unmapped) pool.adjust(() => pool.metadata.decrementData(from, to), 'EIO');
}

/** A lookup that fails ends the discard without a word, as the kernel's does. */
function mappedRange(pool: Pool, thin: ThinDevice, begin: number, end: number): MappedRange | undefined {
  try {
    return pool.metadata.findMappedRange(thin, begin, end);
  } catch (failure) {
    refusalOf(failure);
    return undefined;
  }
}

/** Holds one more reference to the blocks while they are discarded below, so that nobody is given them. */
function unmap(pool: Pool, thin: ThinDevice, data: DataBlocks, range: MappedRange): Unmapped {
  const { begin, end, dataBegin, isShared } = range;
  const dataEnd = dataBegin + end - begin;
  pool.change(() => {
    pool.metadata.removeRange(thin, begin, end);
    pool.metadata.incrementData(dataBegin, dataEnd);
  }, 'EIO');
  if (!isShared) passDown(data, dataBegin, dataEnd);
  else
    for (let block = dataBegin; block < dataEnd; block++)
      if (pool.metadata.dataReferences(block) <= 1) passDown(data, block, block + 1);
  return { begin: dataBegin, end: dataEnd };
}

/** The data device may refuse; the blocks are unmapped all the same. */
function passDown(data: DataBlocks, begin: number, end: number): void {
  try {
    if (data.node.canDiscard) data.node.discard(begin * data.blockSize, (end - begin) * data.blockSize);
  } catch (failure) {
    if (!(failure instanceof Refusal)) throw failure;
  }
}
