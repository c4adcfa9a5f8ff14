import type { Bytes, StorageOptions } from '@dmthin/domain';
import type { GraphDriverPorts } from '../ports.ts';
import type { BackingDevice, PoolSource } from './pool-source.ts';
import { growPool } from './resize-pool.ts';

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
