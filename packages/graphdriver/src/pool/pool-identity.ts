import { DmError } from '@dmthin/domain';
import type { PoolIdentity } from '@dmthin/ports';

/** What decides whether it is the same pool. */
type Known = Omit<PoolIdentity, 'blockSize'>;

/**
 * Keeps a root from being opened with another pool than its own, before anything is made or touched
 * (docker-devicemapper.md 12.1, defect 34). A pool from outside is known by its name; one that the driver makes, by its
 * devices or files, which are named from the root on: its name changes where the root is moved (defect 32).
 * @throws DmError CONFLICT: it is another one.
 */
export function refuseOtherPool(stored: PoolIdentity | undefined, now: Known): void {
  if (stored === undefined) return;
  const was = sourceOf(stored);
  const is = sourceOf(now);
  if (was === is) return;
  throw new DmError('CONFLICT', `this root was made with ${was}, and is opened with ${is}`, {
    operation: 'open',
    subject: now.poolName,
    remedy: `${howToOpen(stored)} Its layers are in that pool and nowhere else; nothing was changed.`,
  });
}

/**
 * The same pool, with its blocks as they were: one that was made anew under the old name has other blocks, or none.
 * @throws DmError CONFLICT: another block size.
 */
export function refuseOtherBlocks(stored: PoolIdentity | undefined, now: PoolIdentity): void {
  if (stored === undefined || stored.blockSize === now.blockSize) return;
  throw new DmError(
    'CONFLICT',
    `pool "${now.poolName}" had blocks of ${stored.blockSize} bytes when this root was made, and has ${now.blockSize} now`,
    {
      operation: 'open',
      subject: now.poolName,
      remedy:
        'A pool keeps its block size, so this is another one under the same name: look for the first (dmsetup ls).',
    },
  );
}

function sourceOf({ poolName, dataDevice, metadataDevice }: Known): string {
  if (dataDevice === undefined && metadataDevice === undefined) return `the pool "${poolName}"`;
  return `a pool of its own over ${dataDevice ?? '?'} and ${metadataDevice ?? '?'}`;
}

function howToOpen({ poolName, dataDevice, metadataDevice }: PoolIdentity): string {
  if (dataDevice === undefined && metadataDevice === undefined) return `Give dm.thinpooldev=${poolName}.`;
  const options = [deviceOption('dm.datadev', dataDevice), deviceOption('dm.metadatadev', metadataDevice)].flat();
  return options.length === 0
    ? 'Leave out dm.thinpooldev, dm.datadev and dm.metadatadev.'
    : `Give ${options.join(' ')}.`;
}

/** Files of the root are named from the root on, devices absolutely. */
function deviceOption(option: string, device: string | undefined): string[] {
  return device?.startsWith('/') === true ? [`${option}=${device}`] : [];
}
