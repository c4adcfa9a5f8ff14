import type { Percent } from '../size/percent.ts';
import type { PoolStatus } from './pool-status.ts';

/** Why a pool takes no new volume. */
export type PoolFault =
  /** It failed, or its counters cannot be read. */
  | { readonly kind: 'failed' | 'unreadable' }
  /** It is read-only: by request, out of metadata space, or because its metadata must be checked first. */
  | { readonly kind: 'read-only'; readonly needsCheck: boolean }
  /** A kind of block is short. */
  | ShortOfSpace;

export interface ShortOfSpace {
  readonly kind: 'short';
  readonly of: 'data' | 'metadata';
  /** Blocks. */
  readonly free: bigint;
  readonly total: bigint;
  /** The least that must be free: at least one, and `minFreeSpace` of the total. */
  readonly required: bigint;
  readonly minFreeSpace: Percent;
}

/**
 * What keeps a pool from taking a new volume; undefined where nothing does. Docker's rule (docker-devicemapper.md 7.2):
 * of data and of metadata, max(1, floor(total * percent / 100)) blocks must be free; 0 % asks for none. Beyond Docker
 * (12.1, defect 18) it looks at the pool's mode, where the kernel would only say EOPNOTSUPP.
 */
export function freeSpaceFault(status: PoolStatus, minFreeSpace: Percent): PoolFault | undefined {
  if (status.kind === 'fail') return { kind: 'failed' };
  if (status.kind === 'error') return { kind: 'unreadable' };
  if (status.needsCheck || status.mode === 'ro') return { kind: 'read-only', needsCheck: status.needsCheck };
  if (minFreeSpace === 0) return undefined;
  return shortage('data', status.data, minFreeSpace) ?? shortage('metadata', status.metadata, minFreeSpace);
}

function shortage(
  of: ShortOfSpace['of'],
  { used, total }: { readonly used: bigint; readonly total: bigint },
  minFreeSpace: Percent,
): ShortOfSpace | undefined {
  const free = total > used ? total - used : 0n;
  const share = (total * BigInt(minFreeSpace)) / 100n;
  const required = share > 1n ? share : 1n;
  return free < required ? { kind: 'short', of, free, total, required, minFreeSpace } : undefined;
}

/**
 * As `freeSpaceFault`, of a pool whose data lies in a sparse file on a file system that has `room` blocks left for it: the
 * pool counts as no larger than it can still get (docker-devicemapper.md 12.1, defect 19).
 */
export function roomBelowFault(
  status: PoolStatus,
  room: bigint,
  minFreeSpace: Percent,
): Pick<ShortOfSpace, 'free' | 'required'> | undefined {
  if (status.kind !== 'ok' || minFreeSpace === 0) return undefined;
  const { used, total } = status.data;
  const reachable = used + room;
  return reachable >= total ? undefined : shortage('data', { used, total: reachable }, minFreeSpace);
}
