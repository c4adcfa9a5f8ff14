import { open, truncate } from 'node:fs/promises';
import type { Bytes } from '@dmthin/domain';
import { DmError } from '@dmthin/domain';
import type { Log } from '@dmthin/ports';
import { fileError } from '../file/file-error.ts';
import { statFile } from '../file/file-stat.ts';
import { rawPathOfText } from '../path/raw-path.ts';

/**
 * Sees that the sparse file behind a loop device is there; it takes room only as it is written. One that is smaller is
 * grown where `isGiven`, and where it is empty, as a crash right after it was made leaves it; a larger one stays as it is,
 * with a warning (docker-devicemapper.md 1.2, dm.loopdatasize).
 */
export async function ensureLoopFile(file: string, size: Bytes, isGiven: boolean, log: Log): Promise<void> {
  const path = rawPathOfText(file);
  const stat = await statFile(path);
  if (stat !== undefined && stat.type !== 'file')
    throw new DmError('INVALID_ARGUMENT', `${file} is a ${stat.type}; it should be the file behind a loop device`, {
      subject: file,
      remedy: 'Move it away; a new file is made in its place.',
    });
  if (stat !== undefined && stat.size > 0 && !isGiven) return;
  if (stat !== undefined && BigInt(stat.size) > size) {
    log.write('warn', `Can't shrink loopback file ${file}`, { file, size: BigInt(stat.size), wanted: size });
    return;
  }
  try {
    if (stat === undefined) await (await open(file, 'wx', 0o600)).close();
    if (stat === undefined || BigInt(stat.size) < size) await truncate(file, Number(size));
  } catch (error) {
    throw fileError(error, 'make a file for the pool', path, {
      remedy:
        'The file system under the root must take sparse files this large (dm.loopdatasize, dm.loopmetadatasize).',
    });
  }
}
