import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes, DmError, isVolumeId } from '@dmthin/domain';
import type { DriverContext } from '../driver/driver-context.ts';
import { fileError } from '../file/file-error.ts';
import { type DirectoryEntry, readEntries } from '../file/read-directory.ts';
import { mountPointOf } from '../layout/root-layout.ts';
import { rawPathOfText, showPath } from '../path/raw-path.ts';
import type { Found } from './finding.ts';

/** What lies about in the root and is of no use. */
export async function fileFindings(context: DriverContext): Promise<readonly Found[]> {
  return [...(await brokenRecords(context)), ...(await staleMountPoints(context)), ...leftovers(context)];
}

/** Whether every record could be read: while one is set aside, not every thin device's owner is known. */
export async function isEachRecordRead({ layout, loaded }: DriverContext): Promise<boolean> {
  return loaded.broken.length === 0 && (await entriesOf(layout.broken)).length === 0;
}

async function brokenRecords({ layout }: DriverContext): Promise<readonly Found[]> {
  return (await entriesOf(layout.broken)).map(({ name, stat }) => {
    const file = join(layout.broken, showPath(name));
    return {
      kind: 'broken-record',
      subject: file,
      what: `${file} is a record that could not be read, and was set aside`,
      cause: 'It was cut short by a crash of an earlier version or of Docker, or its file system is damaged.',
      holds: bytes(stat.size),
      remedy:
        'Mend it and move it back to metadata/ while nobody has the root open, or remove it if its layer is not missed.',
    };
  });
}

/** Directories for mounts in which nothing is mounted. */
async function staleMountPoints(context: DriverContext): Promise<readonly Found[]> {
  const { ports, layout, locks } = context;
  const found: Found[] = [];
  for (const { name, stat } of await entriesOf(layout.mounts)) {
    const id = showPath(name);
    const path = join(layout.mounts, id);
    if (stat.type !== 'directory') continue;
    // A layer that is just being mounted has one, too.
    const isStale = async (): Promise<boolean> => (await ports.mounts.find(path)) === undefined;
    if (!(await locks.run([id], isStale))) continue;
    const run = (): Promise<void> =>
      locks.run([id], async () => {
        if (await isStale()) await removed(path);
      });
    found.push({
      kind: 'stale-file',
      subject: path,
      what: `${path} is a mount point, and nothing is mounted there`,
      cause: `A mount was cut off${isVolumeId(id) && path === mountPointOf(layout, id) ? '' : ', or somebody made it'}.`,
      holds: bytes(stat.size),
      remedy: `rmdir ${path}`,
      repair: { what: 'remove it, if it is empty', run },
    });
  }
  return found;
}

/** What saves left that were cut off; opening the records took it away. */
function leftovers({ loaded }: DriverContext): readonly Found[] {
  return loaded.leftovers.map((path) => ({
    kind: 'stale-file',
    subject: path,
    what: `${path} was a record that was never finished; it was removed when the root was opened`,
    cause: 'A save was cut off. The record it was for is as it was before.',
    holds: bytes(0),
    remedy: 'Nothing is left to do.',
    isRepaired: true,
  }));
}

async function removed(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    const failure = fileError(error, 'remove', rawPathOfText(path));
    if (!DmError.is(failure, 'NOT_FOUND')) throw failure;
  }
}

async function entriesOf(directory: string): Promise<readonly DirectoryEntry[]> {
  try {
    return await readEntries(rawPathOfText(directory));
  } catch (error) {
    if (DmError.is(error, 'NOT_FOUND')) return [];
    throw error;
  }
}
