import {
  type Bytes,
  DmError,
  METADATA_BLOCK_SIZE,
  type PoolStatus,
  parsePoolStatus,
  type StorageOptions,
} from '@dmthin/domain';
import type { GraphDriverPorts } from '../ports.ts';
import type { BackingDevice, PoolSource } from './pool-source.ts';
import { backingOfGiven, growPool } from './resize-pool.ts';

type GrowPorts = Pick<GraphDriverPorts, 'kernel' | 'log' | 'blockDevices' | 'loopDevices'>;

/**
 * Grows a pool over files that an earlier run left up to the sizes that were asked for, as one that is made anew grows.
 * Where it cannot, it goes on as it is: its layers must be reachable all the same.
 */
export async function growLivePool(
  ports: GrowPorts,
  pool: Pick<PoolSource, 'name'> & { readonly backing: NonNullable<PoolSource['backing']> },
  options: StorageOptions,
): Promise<void> {
  const { data, metadata } = pool.backing;
  try {
    const sizes = {
      data: options.isLoopDataSizeGiven ? await larger(ports, data, options.loopDataSize) : undefined,
      metadata: options.isLoopMetadataSizeGiven ? await larger(ports, metadata, options.loopMetadataSize) : undefined,
    };
    if ((sizes.data ?? sizes.metadata) !== undefined) await growPool(ports, pool, sizes);
  } catch (error) {
    ports.log.write('warn', `pool ${pool.name} could not be grown, and goes on as it is`, { error });
  }
}

/**
 * Has a pool from outside take what its owner has made the devices below it larger by, as `dmthin pool resize` does. LVM's
 * is left to LVM. Where it cannot, it goes on as it is.
 */
export async function growGivenPool(
  ports: GrowPorts,
  { name, blockSize }: Pick<PoolSource, 'name' | 'blockSize'>,
): Promise<void> {
  const { kernel, blockDevices, log } = ports;
  try {
    const [line] = await kernel.status(name, { noFlush: true });
    const status = parsePoolStatus(line?.text ?? '');
    // One that failed or must be checked first takes nothing.
    if (status.kind !== 'ok' || status.needsCheck) return;
    const backing = await backingOfGiven(kernel, name);
    const [data, metadata] = await Promise.all(
      [backing.data, backing.metadata].map((device) => blockDevices.size(device.path)),
    );
    if (!hasGrown(status, blockSize, data ?? 0n, metadata ?? 0n)) return;
    await growPool(ports, { name, backing }, {});
    log.write('info', `pool ${name} has taken what its devices have grown to`, { data, metadata });
  } catch (error) {
    if (DmError.is(error, 'NOT_SUPPORTED')) return;
    log.write('warn', `pool ${name} could not be grown, and goes on as it is`, { error });
  }
}

/** By a whole block at least; a pool uses no more metadata than its space map can count. */
function hasGrown(
  status: PoolStatus & { readonly kind: 'ok' },
  blockSize: Bytes,
  data: bigint,
  metadata: bigint,
): boolean {
  const usable = metadata / BigInt(METADATA_BLOCK_SIZE);
  const blocks = usable < MOST_METADATA ? usable : MOST_METADATA;
  return data / blockSize > status.data.total || blocks > status.metadata.total;
}
/** 255 bitmaps of 16,320 blocks each (dm-kernel.md 3.1). */
const MOST_METADATA = 4_161_600n;

async function larger(
  { blockDevices, log }: GrowPorts,
  { path, loopFile }: BackingDevice,
  size: Bytes,
): Promise<Bytes | undefined> {
  if (loopFile === undefined) return undefined;
  const present = await blockDevices.size(path);
  if (size < present) log.write('warn', `Can't shrink loopback file ${loopFile}`, { file: loopFile, size: present });
  return size > present ? size : undefined;
}
