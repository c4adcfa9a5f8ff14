import { type Bytes, bytes } from '../units/units.ts';
import type { PoolStatus } from './pool-status.ts';

/** How much of a pool's data or metadata device is used, in bytes. */
export interface PoolSpace {
  readonly used: Bytes;
  readonly total: Bytes;
  readonly free: Bytes;
}

/** Zeros of a pool that cannot be read, as Docker shows them; the status says why. @param blockSize of that device. */
export function poolSpace(status: PoolStatus, device: 'data' | 'metadata', blockSize: Bytes): PoolSpace {
  const { used, total } = status.kind === 'ok' ? status[device] : { used: 0n, total: 0n };
  return {
    used: bytes(used * blockSize),
    total: bytes(total * blockSize),
    free: bytes(total > used ? (total - used) * blockSize : 0n),
  };
}
