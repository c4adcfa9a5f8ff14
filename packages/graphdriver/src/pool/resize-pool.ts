import { truncate } from 'node:fs/promises';
import { type Bytes, DmError, humanSize, sectorsOf } from '@dmthin/domain';
import type { DriverContext } from '../driver/driver-context.ts';
import { fileError } from '../file/file-error.ts';
import { rawPathOfText } from '../path/raw-path.ts';
import type { BackingDevice } from './pool-source.ts';
import { reloadPool } from './reload-pool.ts';

export interface PoolSizes {
  readonly data?: Bytes | undefined;
  readonly metadata?: Bytes | undefined;
}

type ResizeContext = Pick<DriverContext, 'ports' | 'source' | 'locks'>;

/** See `GraphDriver.resizePool`. One at a time; what fails half way is finished by the next. */
export async function resizePool(context: ResizeContext, sizes: PoolSizes): Promise<void> {
  const { backing, name } = context.source;
  if (backing === undefined)
    throw new DmError('NOT_SUPPORTED', `pool "${name}" was given from outside, and is not the driver's to grow`, {
      operation: 'resize',
      subject: name,
      remedy: 'Grow it where it was made: lvextend for a pool of LVM, dmsetup for one made by hand.',
    });
  // No layer can have this id.
  await context.locks.run(['pool'], async () => {
    const grown = [
      await plan(context, backing.data, sizes.data, 'data'),
      await plan(context, backing.metadata, sizes.metadata, 'metadata'),
    ];
    for (const grow of grown) await grow?.();
    // Also where nothing below had to grow: an earlier try may have come no further than that.
    if ((sizes.data ?? sizes.metadata) !== undefined) await growDevice(context, backing.data);
  });
}

/** Looks before anything is changed; undefined where nothing is to be. @throws DmError INVALID_ARGUMENT: smaller. */
async function plan(
  { ports }: ResizeContext,
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
  if (loopFile === undefined) {
    // The device is not the driver's; what its owner has made it larger by can be taken.
    if (size === present) return async () => undefined;
    throw new DmError('INVALID_ARGUMENT', `${path} has ${humanSize(present)}, less than ${humanSize(size)}`, {
      operation: 'resize',
      subject: path,
      remedy: 'Grow the device first.',
    });
  }
  return size === present ? undefined : () => growFile(ports, loopFile, size);
}

async function growFile({ loopDevices }: DriverContext['ports'], file: string, size: Bytes): Promise<void> {
  try {
    await truncate(file, Number(size));
  } catch (error) {
    throw fileError(error, 'grow', rawPathOfText(file));
  }
  const loop = await loopDevices.find(file);
  if (loop === undefined)
    throw new DmError('CONFLICT', `devmapper: Unable to find loopback mount for: ${file}`, { subject: file });
  await loopDevices.refreshSize(loop);
}

/** Resuming a table of the new length is when the pool looks at the sizes of its devices (dm-kernel.md 3.2). */
async function growDevice(
  { ports: { kernel, blockDevices }, source: { name } }: ResizeContext,
  data: BackingDevice,
): Promise<void> {
  const size = sectorsOf(await blockDevices.size(data.path));
  await reloadPool(kernel, name, `grow the pool "${name}"`, (target) => ({ ...target, size }));
}
