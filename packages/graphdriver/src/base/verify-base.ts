import { BASE_VOLUME, DmError, devicePath } from '@dmthin/domain';
import type { Volume } from '@dmthin/engine';
import type { FilesystemInfo } from '@dmthin/ports';
import type { VolumeContext } from '../driver/driver-context.ts';
import { whileActive } from './while-active.ts';

/**
 * Sees that what is on the base device is what is on record; what is not on record (by an upgrade) is put there.
 * @throws DmError CONFLICT: another filesystem, so most likely another pool. CORRUPT: none.
 */
export async function verifyBase(context: VolumeContext, base: Volume): Promise<void> {
  const { pool, options, ports } = context;
  const path = devicePath(base.deviceName);
  const found = await whileActive(context, (device) => ports.filesystems.probe(device)).catch((error: unknown) => {
    if (DmError.is(error, 'NO_DATA')) throw failed('CONFLICT', `the pool has no thin device ${base.thinId}`, error);
    throw error;
  });
  if (found === undefined) throw failed('CORRUPT', `devmapper: Failed to find uuid for device ${path}`);
  const { baseUuid, baseFilesystem } = pool.poolRecord;
  if (baseUuid !== '' && baseUuid !== found.uuid)
    throw failed(
      'CONFLICT',
      `devmapper: Current Base Device UUID:${found.uuid} does not match with stored UUID:${baseUuid}. Possibly using a ` +
        'different thin pool than last invocation',
    );
  // Docker's upgrade path leaves the type out (docker-devicemapper.md 12.1, defect 11).
  if (baseUuid !== found.uuid || baseFilesystem !== found.type)
    await pool.savePoolRecord({ baseUuid: found.uuid, baseFilesystem: found.type });
  if (options.filesystem !== undefined && options.filesystem !== found.type) warnOtherWish(context, found);
}

function warnOtherWish({ ports, options }: VolumeContext, { type }: FilesystemInfo): void {
  ports.log.write(
    'warn',
    `Base device already exists and has filesystem ${type} on it. User specified filesystem ${options.filesystem} will be ignored.`,
    { volume: BASE_VOLUME },
  );
}

function failed(code: 'CONFLICT' | 'CORRUPT', why: string, cause?: unknown): DmError {
  return new DmError(code, `devmapper: Base Device UUID and Filesystem verification failed: ${why}`, {
    operation: 'open',
    subject: 'base',
    remedy:
      'Open the root with the pool and devices it was made with (dm.thinpooldev, dm.datadev, dm.metadatadev; the files ' +
      'below devicemapper/). If that pool is lost, so are its layers: move the root away and begin with an empty one.',
    cause,
  });
}
