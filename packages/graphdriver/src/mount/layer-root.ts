import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DmError, hostOwner, type VolumeId } from '@dmthin/domain';
import type { DriverContext } from '../driver/driver-context.ts';
import { errnoOf, fileError } from '../file/file-error.ts';
import { statFile } from '../file/file-stat.ts';
import { rawPathOfText } from '../path/raw-path.ts';

/**
 * Makes a mounted layer's root directory where it has none yet, and sees that its `id` file names it. A root directory
 * that is there keeps its mode and owner, and a snapshot does not keep the id of what it was made from
 * (docker-devicemapper.md 12.1, defect 23).
 */
export async function prepareLayerRoot(context: DriverContext, id: VolumeId, target: string): Promise<void> {
  const root = join(target, 'rootfs');
  const stat = await statFile(rawPathOfText(root));
  if (stat === undefined) await makeRoot(context, root);
  else if (stat.type !== 'directory')
    throw new DmError('CORRUPT', `layer "${id}" has a ${stat.type} called rootfs in the place of its root directory`, {
      subject: id,
      remedy: 'Remove the layer; it was not made by this driver or Docker.',
    });
  await nameLayer(join(target, 'id'), id);
}

async function makeRoot({ ports, settings }: DriverContext, root: string): Promise<void> {
  try {
    await mkdir(root, 0o755);
    // mkdir's mode is cut by the umask.
    await chmod(root, 0o755);
    const inside = { uid: 0, gid: 0 };
    const { uid, gid } = settings.idMaps === undefined ? inside : hostOwner(settings.idMaps, inside);
    await ports.fileAttributes.changeOwner(root, uid, gid);
  } catch (error) {
    throw fileError(error, 'make root directory', rawPathOfText(root));
  }
}

async function nameLayer(file: string, id: VolumeId): Promise<void> {
  try {
    const named = await readFile(file, 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (named !== id) await writeFile(file, id, { mode: 0o600 });
  } catch (error) {
    // Mounted read-only on purpose (dm.mountopt=ro): a name is not worth a failure.
    if (errnoOf(error) !== 'EROFS') throw fileError(error, 'write', rawPathOfText(file));
  }
}
