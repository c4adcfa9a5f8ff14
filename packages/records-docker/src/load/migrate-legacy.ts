import { join } from 'node:path';
import { BASE_VOLUME, DmError, type VolumeId, volumeId } from '@dmthin/domain';
import type { BrokenRecord, Log } from '@dmthin/ports';
import * as v from 'valibot';
import type { Disk } from '../disk/disk.ts';
import { codeOf, diskError } from '../disk/disk-error.ts';
import type { SavedFiles } from '../disk/saved-files.ts';
import { MalformedRecord, readJson } from '../json/read-json.ts';
import { fileOf, type Layout, MIGRATED } from '../layout.ts';
import { encodeVolumeRecord, volumeRecordOf } from '../record/volume-record.ts';
import { each } from './each.ts';
import { setAside } from './set-aside.ts';

/** Some 100,000 devices. */
const SIZE_LIMIT = 64 * 1024 * 1024;
const SCHEMA = v.object({ Devices: v.record(v.string(), v.unknown()) });

/**
 * Turns the one file of Docker before 0.8 into a record per volume, then renames it (docker-devicemapper.md 4.4). A volume
 * that has a record already keeps it: it was migrated before something interrupted, and may have changed since.
 * @throws DmError: a record could not be saved. The old file stays, and the next load goes on (defect 31).
 */
export async function migrateLegacy(
  disk: Disk,
  layout: Layout,
  files: SavedFiles,
  log: Log | undefined,
): Promise<readonly BrokenRecord[]> {
  const broken: BrokenRecord[] = [];
  try {
    const content = await contentOf(disk, layout.legacy);
    if (content === undefined) return [];
    const migrated = layout.legacy + MIGRATED;
    const { Devices: devices } = readJson(content, SCHEMA);
    const present = new Set((await disk.list(layout.metadata)).map(({ name }) => name));
    await each(Object.entries(devices), async ([hash, value]) => {
      try {
        const record = volumeRecordOf(legacyVolume(hash), value);
        const file = fileOf(record.volume);
        if (!present.has(file)) await files.save(layout.metadata, file, encodeVolumeRecord(record), 'fail');
      } catch (error) {
        if (!(error instanceof MalformedRecord)) throw error;
        broken.push({ name: hash, setAsideAs: migrated, reason: error.message });
        log?.write('error', `the record "${hash}" in ${layout.legacy} could not be read: ${error.message}`);
      }
    });
    await disk.rename(layout.legacy, migrated);
    await disk.syncDirectory(join(layout.legacy, '..'));
    log?.write('info', `made ${Object.keys(devices).length} records of ${layout.legacy}, now ${migrated}`);
  } catch (error) {
    if (!(error instanceof MalformedRecord)) throw diskError('migrate', layout.legacy, error);
    const aside = await setAside(disk, layout, { name: 'json', path: layout.legacy }, error.message, log);
    if (aside !== undefined) broken.push(aside);
  }
  return broken;
}

async function contentOf(disk: Disk, path: string): Promise<Buffer | undefined> {
  try {
    return await disk.read(path, SIZE_LIMIT);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function legacyVolume(hash: string): VolumeId {
  try {
    return hash === '' ? BASE_VOLUME : volumeId(hash);
  } catch (cause) {
    if (DmError.is(cause)) throw new MalformedRecord(cause.message, { cause });
    throw cause;
  }
}
