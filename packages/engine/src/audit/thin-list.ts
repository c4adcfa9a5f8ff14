import { type DeviceName, DmError, parseDeviceNumber, parseThinPoolTarget, type ThinId } from '@dmthin/domain';
import type { BlockDevice, BlockDevices, Kernel } from '@dmthin/ports';
import { type PoolReader, readPool } from '@dmthin/thin-metadata';
import { deviceNode } from '../pool/device-node.ts';
import { readFetched } from './fetched-metadata.ts';

/** How often a list is read again because the pool committed meanwhile. */
const ATTEMPTS = 20;
const SUPERBLOCK_SIZE = 4096;

/**
 * The thin devices that a live pool has, and how many blocks each has mapped, as of its last commit.
 *
 * The pool is not asked to hold its metadata (reserve_metadata_snap), which would change it, and leave it changed if this
 * process ended here. A pool never overwrites what its last commit refers to, so that what was read is whole if the
 * superblock is the same before and after (docs/decisions/0050-listing-thin-devices.md).
 * @throws DmError BUSY: it commits faster than it can be read. CORRUPT, IO: the metadata. NOT_FOUND, INVALID_ARGUMENT:
 * there is no node of its metadata device.
 */
export async function listThinDevices(
  kernel: Kernel,
  blockDevices: BlockDevices,
  pool: DeviceName,
): Promise<ReadonlyMap<ThinId, bigint>> {
  const metadata = await blockDevices.open(await metadataNode(kernel, pool), { readOnly: true });
  try {
    for (let left = ATTEMPTS; left > 0; left -= 1) {
      // Without `noFlush` it commits first.
      await kernel.status(pool);
      const list = await listOnce(metadata);
      if (list !== undefined) return list;
    }
  } finally {
    await metadata.close();
  }
  throw new DmError('BUSY', `pool "${pool}" changes faster than its thin devices can be listed`, {
    operation: 'list',
    subject: pool,
    remedy: 'Try again when less is written.',
  });
}

/** undefined: the pool committed meanwhile. @throws DmError CORRUPT, IO: and it did not. */
async function listOnce(metadata: BlockDevice): Promise<ReadonlyMap<ThinId, bigint> | undefined> {
  const before = await metadata.read(0n, SUPERBLOCK_SIZE);
  const list = new Map<ThinId, bigint>();
  let reader: PoolReader | undefined;
  let next = 0;
  const read = await readFetched(metadata, (device) => {
    reader ??= readPool(device);
    // Goes on where a block was missing: the leaves lie far from each other, and each may have to be waited for.
    for (const { id, mappedBlocks } of reader.thinDevices(next)) {
      list.set(id, BigInt(mappedBlocks));
      next = id + 1;
    }
    return list;
  }).then(
    (list) => ({ list }),
    (error: unknown) => ({ error }),
  );
  const after = await metadata.read(0n, SUPERBLOCK_SIZE);
  if (before.some((byte, index) => byte !== after[index])) return undefined;
  if ('error' in read) throw read.error;
  return read.list;
}

/** The node of the pool's metadata device, which its table names by number. */
async function metadataNode(kernel: Kernel, pool: DeviceName): Promise<string> {
  const [target] = await kernel.table(pool);
  return deviceNode(kernel, parseDeviceNumber(parseThinPoolTarget(target?.params ?? '').metadata));
}
