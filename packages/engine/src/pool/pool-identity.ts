import { type Bytes, type DeviceName, DmError } from '@dmthin/domain';
import type { PoolIdentity } from '@dmthin/ports';

/**
 * Keeps a pool that is not this root's from being touched (docker-devicemapper.md 12.1, defect 34).
 * @throws DmError CONFLICT: it differs from what was stored, or from what the caller takes it for.
 */
export function refuseOtherPool(
  stored: PoolIdentity | undefined,
  expected: PoolIdentity | undefined,
  pool: { readonly name: DeviceName; readonly blockSize: Bytes },
): void {
  if (expected !== undefined && expected.blockSize !== pool.blockSize)
    throw differs(pool.name, 'block size', expected.blockSize, pool.blockSize);
  if (stored === undefined || expected === undefined) return;
  for (const [key, label] of FIELDS)
    if (stored[key] !== expected[key]) throw differs(pool.name, label, stored[key], expected[key]);
}

const FIELDS = [
  ['poolName', 'pool'],
  ['dataDevice', 'data device'],
  ['metadataDevice', 'metadata device'],
  ['blockSize', 'block size'],
] as const satisfies readonly (readonly [keyof PoolIdentity, string])[];

function differs(pool: DeviceName, what: string, was: unknown, is: unknown): DmError {
  return new DmError(
    'CONFLICT',
    `pool "${pool}" is not the one that these records belong to: the ${what} was ${shown(was)}, and is ${shown(is)}`,
    {
      operation: 'open',
      subject: pool,
      remedy: 'Give the pool and devices this root was made with, or another root. Nothing was changed.',
    },
  );
}

function shown(value: unknown): string {
  return value === undefined ? 'not given' : `${value}`;
}
