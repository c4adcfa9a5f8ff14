import { BASE_VOLUME, DmError, type FilesystemType } from '@dmthin/domain';
import { attempting } from '@dmthin/engine';
import type { VolumeContext } from '../driver/driver-context.ts';
import { whileActive } from './while-active.ts';

/**
 * Makes the base device and its filesystem. It counts as initialized only when its filesystem is whole and its uuid is
 * on record; until then the next start makes it anew.
 */
export async function makeBase(context: VolumeContext): Promise<void> {
  const { pool, options, ports, growth } = context;
  const type = await chooseFilesystem(context);
  await pool.create(BASE_VOLUME, options.baseSize);
  await growth.remove(BASE_VOLUME);
  await pool.savePoolRecord({ baseFilesystem: type, baseUuid: '' });
  try {
    await whileActive(context, async (path) => {
      await ports.filesystems.make(path, { type, arguments: options.mkfsArguments });
      const made = await ports.filesystems.probe(path);
      if (made?.type !== type)
        throw new DmError('IO', `mkfs.${type} left ${made?.type ?? 'nothing'} on ${path}`, { subject: path });
      await pool.savePoolRecord({ baseFilesystem: type, baseUuid: made.uuid });
      await pool.markInitialized(BASE_VOLUME);
    });
  } catch (error) {
    throw attempting('make the base device', error);
  }
}

async function chooseFilesystem({ ports, options }: VolumeContext): Promise<FilesystemType> {
  const supported = await ports.filesystems.supported();
  const wanted = options.filesystem ?? supported[0];
  if (wanted === undefined)
    throw new DmError('NOT_SUPPORTED', 'this host can make neither xfs nor ext4', {
      operation: 'make',
      remedy: 'Install xfsprogs or e2fsprogs, and see that the kernel has the filesystem (/proc/filesystems).',
    });
  if (!supported.includes(wanted))
    throw new DmError(
      'NOT_SUPPORTED',
      `devmapper: Unsupported filesystem ${wanted}: this host cannot make or mount it`,
      {
        operation: 'make',
        subject: 'dm.fs',
        remedy: supported[0] === undefined ? 'Install xfsprogs or e2fsprogs.' : `Use dm.fs=${supported[0]}.`,
      },
    );
  if (options.filesystem === undefined && wanted !== 'xfs')
    ports.log.write('warn', `xfs is not supported here; the base device is made with ${wanted}`);
  return wanted;
}
