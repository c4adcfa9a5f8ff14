import { truncate } from 'node:fs/promises';
import { type Bytes, DmError, humanSize, parseDeviceNumber, parseThinPoolTarget, sectorsOf } from '@dmthin/domain';
import { deviceNode } from '@dmthin/engine';
import type { DriverContext } from '../driver/driver-context.ts';
import { fileError } from '../file/file-error.ts';
import { rawPathOfText } from '../path/raw-path.ts';
import type { GraphDriverPorts } from '../ports.ts';
import type { BackingDevice, PoolSource } from './pool-source.ts';
import { reloadPool } from './reload-pool.ts';

export interface PoolSizes {
  readonly data?: Bytes | undefined;
  readonly metadata?: Bytes | undefined;
}

type Backing = NonNullable<PoolSource['backing']>;
type ResizePorts = Pick<GraphDriverPorts, 'kernel' | 'blockDevices' | 'loopDevices'>;

/** See `GraphDriver.resizePool`. One at a time; what fails half way is finished by the next. */
export async function resizePool({ ports, source, locks }: DriverContext, sizes: PoolSizes): Promise<void> {
  // No layer can have this id.
  await locks.run(['pool'], async () => {
    const backing = source.backing ?? (await backingOfGiven(ports.kernel, source.name));
    await growPool(ports, { name: source.name, backing }, sizes);
  });
}

/** Grows what is below the pool, as far as that is its own, and has the pool take what is there then. */
export async function growPool(
  ports: ResizePorts,
  { name, backing }: Pick<PoolSource, 'name'> & { readonly backing: Backing },
  sizes: PoolSizes,
): Promise<void> {
  const steps = [
    await plan(ports, backing.data, sizes.data, 'data'),
    await plan(ports, backing.metadata, sizes.metadata, 'metadata'),
  ];
  for (const grow of steps) await grow?.();
  // Resuming a table of the new length is when the pool looks at the sizes of its devices (dm-kernel.md 3.2). Also where
  // nothing below had to grow: somebody else may have grown it, or an earlier try may have come no further than that.
  const size = sectorsOf(await ports.blockDevices.size(backing.data.path));
  await reloadPool(ports.kernel, name, `grow the pool "${name}"`, (table) => ({ ...table, size }));
}

/** The devices below a pool from outside. @throws DmError NOT_SUPPORTED: LVM's, which keeps its tables itself. */
export async function backingOfGiven(kernel: ResizePorts['kernel'], name: PoolSource['name']): Promise<Backing> {
  const { uuid } = await kernel.info(name);
  if (uuid?.startsWith('LVM-') === true)
    throw new DmError('NOT_SUPPORTED', `pool "${name}" is LVM's, which would undo what is grown without it`, {
      operation: 'resize',
      subject: name,
      remedy:
        'lvextend -L SIZE VG/POOL for data, lvextend --poolmetadatasize SIZE VG/POOL for metadata; both work online.',
    });
  const [target] = await kernel.table(name);
  const { data, metadata } = parseThinPoolTarget(target?.params ?? '');
  const device = async (word: string): Promise<BackingDevice> => ({
    path: await deviceNode(kernel, parseDeviceNumber(word)),
    loopFile: undefined,
  });
  return { data: await device(data), metadata: await device(metadata) };
}

/** Looks before anything is changed; undefined where nothing is to be. @throws DmError INVALID_ARGUMENT: smaller. */
async function plan(
  ports: ResizePorts,
  { path, loopFile }: BackingDevice,
  size: Bytes | undefined,
  what: string,
): Promise<(() => Promise<void>) | undefined> {
  if (size === undefined) return undefined;
  const present = await ports.blockDevices.size(path);
  if (size < present)
    throw new DmError('INVALID_ARGUMENT', `devmapper: Can't shrink file: the ${what} has ${humanSize(present)}`, {
      operation: 'resize',
      subject: loopFile ?? path,
      remedy: 'A pool can only grow.',
    });
  if (size === present) return undefined;
  if (loopFile !== undefined) return () => growFile(ports, loopFile, size);
  // The device is not the driver's; what its owner has made it larger by can be taken.
  throw new DmError('INVALID_ARGUMENT', `${path} has ${humanSize(present)}, less than ${humanSize(size)}`, {
    operation: 'resize',
    subject: path,
    remedy: 'Grow the device first; then the pool takes what it has.',
  });
}

async function growFile({ loopDevices }: ResizePorts, file: string, size: Bytes): Promise<void> {
  try {
    await truncate(file, Number(size));
  } catch (error) {
    throw fileError(error, 'grow', rawPathOfText(file));
  }
  const loop = await loopDevices.find(file);
  if (loop === undefined)
    throw new DmError('CONFLICT', `devmapper: Unable to find loopback mount for: ${file}`, {
      operation: 'resize',
      subject: file,
      remedy: 'The file was replaced while its pool was up; put the old one back.',
    });
  await loopDevices.refreshSize(loop);
}
