import {
  type Bytes,
  bytesOf,
  type DeviceName,
  type DevicePrefix,
  DmError,
  dataBlocks,
  poolDeviceName,
  type StorageOptions,
  sectorsOf,
  type ThinPoolFeature,
  thinPoolTable,
} from '@dmthin/domain';
import { attempting, withUndoError } from '@dmthin/engine';
import type { LoadedRecords, LoopDevice, PoolIdentity } from '@dmthin/ports';
import { DATA_FILE, METADATA_FILE, type RootLayout } from '../layout/root-layout.ts';
import type { GraphDriverPorts } from '../ports.ts';
import { infoOf } from './device-info.ts';
import { takeAwayFailed } from './failed-pool.ts';
import { growLivePool } from './grow-live-pool.ts';
import { ensureLoopFile } from './loop-file.ts';
import { refuseLostFiles } from './lost-files.ts';
import { refuseOtherPool } from './pool-identity.ts';
import type { BackingDevice, PoolSource } from './pool-source.ts';
import { zeroNewBlocks } from './reload-pool.ts';
import { takeOverPool } from './take-over-pool.ts';

/** The kernel sends an event when so few blocks are free; Docker's number (docker-devicemapper.md 6.3). */
export const LOW_WATER_MARK: ReturnType<typeof dataBlocks> = dataBlocks(32_768);

type PoolPorts = Pick<GraphDriverPorts, 'kernel' | 'log' | 'blockDevices' | 'loopDevices' | 'clock'>;

/**
 * The driver's own pool, over the files of the root or the devices of dm.datadev and dm.metadatadev. One that is there
 * is taken over as it is, unless it has failed and nobody uses it; else it is made, with what earlier runs left in its files.
 * @throws DmError CONFLICT: this root was made with another pool, or a file of its pool is gone. What files, loop devices
 * and the kernel throw.
 */
export async function openOwnPool(
  ports: PoolPorts,
  options: StorageOptions,
  layout: RootLayout,
  prefix: DevicePrefix,
  { identity: stored, volumes }: Pick<LoadedRecords, 'identity' | 'volumes'>,
  features: readonly ThinPoolFeature[],
): Promise<PoolSource> {
  const name = poolDeviceName(prefix);
  const known = {
    poolName: name,
    dataDevice: options.dataDevice ?? DATA_FILE,
    metadataDevice: options.metadataDevice ?? METADATA_FILE,
  };
  refuseOtherPool(stored, known);
  const present = await infoOf(ports.kernel, name);
  const taken = present?.hasLiveTable === true ? await takeOverPool(ports, options, layout, present) : undefined;
  // A device without a table is what a crash in the middle of making it leaves.
  if (present !== undefined && taken === undefined) await ports.kernel.remove(name);
  const isGone = taken !== undefined && (await takeAwayFailed(ports, prefix, { name, backing: taken.backing }));
  const found = isGone ? undefined : taken;
  const blockSize = found?.blockSize ?? blockSizeFor(ports, options, stored);
  if (found !== undefined && !features.includes('skip_block_zeroing')) await zeroNewBlocks(ports.kernel, name);
  if (found === undefined && volumes.length > 0) await refuseLostFiles(options, layout);
  const backing = found?.backing ?? (await makePool(ports, options, layout, name, blockSize, features));
  if (found !== undefined) await growLivePool(ports, { name, backing }, options);
  return { name, blockSize, backing, isMadeNow: found === undefined, identity: { ...known, blockSize } };
}

/** A pool keeps the block size it was made with (defect 27). */
function blockSizeFor({ log }: PoolPorts, { blockSize }: StorageOptions, stored: PoolIdentity | undefined): Bytes {
  const wanted = bytesOf(blockSize);
  if (stored === undefined || stored.blockSize === wanted) return wanted;
  log.write('warn', `the pool keeps its blocks of ${stored.blockSize} bytes; dm.blocksize is for new pools`);
  return stored.blockSize;
}

async function makePool(
  ports: PoolPorts,
  options: StorageOptions,
  layout: RootLayout,
  name: DeviceName,
  blockSize: Bytes,
  features: readonly ThinPoolFeature[],
): Promise<{ readonly data: BackingDevice; readonly metadata: BackingDevice }> {
  const attached: LoopDevice[] = [];
  const open = async (
    device: string | undefined,
    file: string,
    size: Bytes,
    isGiven: boolean,
  ): Promise<BackingDevice> => {
    if (device !== undefined) return { path: device, loopFile: undefined };
    await ensureLoopFile(file, size, isGiven, ports.log);
    const wasAttached = (await ports.loopDevices.find(file)) !== undefined;
    const loop = await ports.loopDevices.attach(file);
    if (wasAttached) await ports.loopDevices.refreshSize(loop);
    else attached.push(loop);
    return { path: loop.path, loopFile: file };
  };
  try {
    const { loopDataSize, isLoopDataSizeGiven, loopMetadataSize, isLoopMetadataSizeGiven } = options;
    const data = await open(options.dataDevice, layout.dataFile, loopDataSize, isLoopDataSizeGiven);
    const metadata = await open(options.metadataDevice, layout.metadataFile, loopMetadataSize, isLoopMetadataSizeGiven);
    await makeDevice(ports, name, { data, metadata, blockSize, features });
    return { data, metadata };
  } catch (error) {
    throw await detached(ports, attached, attempting(`make the pool "${name}"`, error));
  }
}

interface NewPool {
  readonly data: BackingDevice;
  readonly metadata: BackingDevice;
  readonly blockSize: Bytes;
  readonly features: readonly ThinPoolFeature[];
}

async function makeDevice(
  { kernel, blockDevices }: PoolPorts,
  name: DeviceName,
  { data, metadata, blockSize, features }: NewPool,
): Promise<void> {
  const table = thinPoolTable({
    metadata: metadata.path,
    data: data.path,
    size: sectorsOf(await blockDevices.size(data.path)),
    blockSize: sectorsOf(blockSize),
    lowWaterMark: LOW_WATER_MARK,
    features,
  });
  try {
    await kernel.sequence([
      { command: 'create', device: name },
      { command: 'load', device: name, table },
      { command: 'resume', device: name },
    ]);
  } catch (error) {
    const failure = attempting('load its table', error, await remedyOf(kernel, error));
    if (DmError.is(error) && error.operation === 'create') throw failure;
    await kernel.remove(name).catch((undoError: unknown) => {
      if (!DmError.is(undoError, 'NOT_FOUND')) throw withUndoError(failure, undoError);
    });
    throw failure;
  }
}

async function remedyOf(kernel: PoolPorts['kernel'], error: unknown): Promise<string | undefined> {
  const targets = await kernel.targets().catch(() => undefined);
  if (targets?.every(({ type }) => type !== 'thin-pool') === true)
    return 'This kernel has no thin-pool target: load it (modprobe dm_thin_pool), or use a kernel with CONFIG_DM_THIN_PROVISIONING.';
  if (DmError.is(error, 'INVALID_ARGUMENT'))
    return 'If the metadata holds a pool already, it has another block size: give the dm.blocksize it was made with.';
  if (DmError.is(error, 'IO'))
    return 'Its metadata cannot be read: look for I/O errors of the device below (dmesg), and open the root again once they are mended.';
  if (DmError.is(error, 'CORRUPT'))
    return 'Check and repair the metadata (dmthin metadata check, repair) before the pool is used again.';
  return undefined;
}

/** Detaches what was attached for a pool that was not made; gives the error it failed with. */
async function detached({ loopDevices }: PoolPorts, loops: readonly LoopDevice[], error: DmError): Promise<DmError> {
  try {
    for (const loop of loops) await loopDevices.detach(loop);
    return error;
  } catch (undoError) {
    return withUndoError(error, undoError);
  }
}
