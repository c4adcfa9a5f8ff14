import { join } from 'node:path';
import { DmError, hostOwner, type VolumeId } from '@dmthin/domain';
import { on, type PortCall } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { smallFilesOf } from '../file/node-small-files.ts';

/**
 * Makes a mounted layer's root directory where it has none yet, and sees that its `id` file names it. A root directory
 * that is there keeps its mode and owner, and a snapshot does not keep the id of what it was made from
 * (docker-devicemapper.md 12.1, defect 23).
 */
export function prepareLayerRoot(context: DriverContext, id: VolumeId, target: string): readonly PortCall[] {
  const files = smallFilesOf(context.ports);
  const inside = { uid: 0, gid: 0 };
  const { idMaps } = context.settings;
  const owner = idMaps === undefined ? inside : hostOwner(idMaps, inside);
  return [
    on(files, async () => {
      await files.ensureDirectory(join(target, 'rootfs'), { mode: 0o755, owner }).catch((error: unknown) => {
        throw DmError.is(error) && error.errno === 'ENOTDIR' ? noDirectory(id, error) : error;
      });
    }),
    on(files, async () => {
      await files.ensureText(join(target, 'id'), id, 0o600).catch((error: unknown) => {
        // Mounted read-only on purpose (dm.mountopt=ro): a name is not worth a failure.
        if (!DmError.is(error) || error.errno !== 'EROFS') throw error;
      });
    }),
  ];
}

function noDirectory(id: VolumeId, cause: DmError): DmError {
  return new DmError('CORRUPT', `layer "${id}" has something called rootfs in the place of its root directory`, {
    errno: cause.errno,
    subject: id,
    remedy: 'Remove the layer; it was not made by this driver or Docker.',
    cause,
  });
}
