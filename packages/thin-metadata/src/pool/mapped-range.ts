import type { MappingTree, StoredMapping } from './mapping-tree.ts';
import type { ThinDevice } from './thin-device.ts';

/** How a thin block is mapped. */
export interface Mapping {
  /** The pool's data block. */
  readonly dataBlock: number;
  /**
   * Whether the block is taken for shared: it was mapped before the device's last snapshot. By time only, not by
   * reference count (dm-kernel.md 3.7).
   */
  readonly isShared: boolean;
}

/** A run of thin blocks `begin` to `end` mapped to consecutive data blocks from `dataBegin` on, all shared or none. */
export interface MappedRange {
  readonly begin: number;
  readonly end: number;
  readonly dataBegin: number;
  readonly isShared: boolean;
}

export function mappingAt(mappings: MappingTree, thin: ThinDevice, block: number): Mapping | undefined {
  const stored = mappings.lookup(thin.id, block);
  return stored && { dataBlock: stored.dataBlock, isShared: isShared(thin, stored) };
}

/** The first run of mappings that begins in `begin` to `end`, cut off at `end` (__find_mapped_range). */
export function mappedRange(
  mappings: MappingTree,
  thin: ThinDevice,
  begin: number,
  end: number,
): MappedRange | undefined {
  const first = mappings.lookupNext(thin.id, begin);
  if (first === undefined || first.block >= end) return undefined;
  const shared = isShared(thin, first);
  let next = first.block + 1;
  for (; next < end; next++) {
    const stored = mappings.lookup(thin.id, next);
    const continues = stored !== undefined && stored.dataBlock - first.dataBlock === next - first.block;
    if (!continues || isShared(thin, stored) !== shared) break;
  }
  return { begin: first.block, end: next, dataBegin: first.dataBlock, isShared: shared };
}

function isShared(thin: ThinDevice, { time }: StoredMapping): boolean {
  return thin.snapshottedTime > time;
}
