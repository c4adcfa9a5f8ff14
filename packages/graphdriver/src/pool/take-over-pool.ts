import {
  type Bytes,
  bytesOf,
  type DeviceNumber,
  DmError,
  formatDeviceNumber,
  parseThinPoolTarget,
  type StorageOptions,
} from '@dmthin/domain';
import type { DeviceInfo } from '@dmthin/ports';
import type { RootLayout } from '../layout/root-layout.ts';
import type { GraphDriverPorts } from '../ports.ts';
import type { BackingDevice, PoolSource } from './pool-source.ts';

type TakeOverPorts = Pick<GraphDriverPorts, 'kernel' | 'log' | 'blockDevices' | 'loopDevices'>;

/**
 * The driver's own pool, still there from an earlier run. The files or devices it stands on have to be those of this
 * root (docker-devicemapper.md 6.4); sizes are taken as they are.
 * @throws DmError CONFLICT: it stands on others.
 */
export async function takeOverPool(
  ports: TakeOverPorts,
  options: StorageOptions,
  layout: RootLayout,
  { name, isSuspended }: DeviceInfo,
): Promise<{ readonly backing: NonNullable<PoolSource['backing']>; readonly blockSize: Bytes }> {
  const [target] = await ports.kernel.table(name);
  if (target?.type !== 'thin-pool')
    throw new DmError('CONFLICT', `devmapper: Device ${name} is not a thin pool`, {
      operation: 'open',
      subject: name,
      remedy: `Its name belongs to this root; see what it is (dmsetup table ${name}) and remove it.`,
    });
  const pool = parseThinPoolTarget(target.params);
  const data = await find(ports, options.dataDevice, layout.dataFile, pool.data);
  const metadata = await find(ports, options.metadataDevice, layout.metadataFile, pool.metadata);
  // A resize that failed half way leaves it so; all that use it hang until somebody resumes it.
  if (isSuspended) {
    ports.log.write('warn', `pool ${name} was suspended; it is resumed`);
    await ports.kernel.resume(name);
  }
  return { backing: { data, metadata }, blockSize: bytesOf(pool.blockSize) };
}

/** `word` is what the pool's table names: `major:minor`. */
async function find(
  { blockDevices, loopDevices }: TakeOverPorts,
  device: string | undefined,
  file: string,
  word: string,
): Promise<BackingDevice> {
  if (device !== undefined) {
    const number = await blockDevices.identify(device);
    if (formatDeviceNumber(number) !== word) throw standsOn(word, device, number);
    return { path: device, loopFile: undefined };
  }
  const loop = await loopDevices.find(file);
  if (loop === undefined)
    throw new DmError('CONFLICT', `devmapper: Unable to find loopback mount for: ${file}`, {
      operation: 'open',
      subject: file,
      remedy: `The pool stands on ${word}, and no loop device has this file: was it replaced? Put the old one back.`,
    });
  if (formatDeviceNumber(loop.number) !== word) throw standsOn(word, `${file} (${loop.path})`, loop.number);
  return { path: loop.path, loopFile: file };
}

function standsOn(word: string, expected: string, number: DeviceNumber): DmError {
  return new DmError(
    'CONFLICT',
    `the pool of this root stands on device ${word}, not on ${expected}, which is ${formatDeviceNumber(number)}`,
    {
      operation: 'open',
      subject: expected,
      remedy: 'Give the devices it was made with, or remove the pool (dmsetup).',
    },
  );
}
