import { rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { bytes, DmError } from '@dmthin/domain';
import type { DriverContext } from '../driver/driver-context.ts';
import { fileError } from '../file/file-error.ts';
import { type DirectoryEntry, readEntries } from '../file/read-directory.ts';
import { rawPathOfText, showPath } from '../path/raw-path.ts';
import type { Found } from './finding.ts';

/** What lies about in the root and is of no use. */
export async function fileFindings(context: DriverContext): Promise<readonly Found[]> {
  return [
    ...(await brokenRecords(context)),
    ...(await mountPointFindings(context)),
    ...(await halfMadeLvm(context)),
    ...leftovers(context),
  ];
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

/** Takes away the empty mount points that mounts left which were cut off; they hold nothing. ENOTEMPTY is BUSY. */
export async function removeStaleMountPoints(context: DriverContext): Promise<void> {
  for (const path of await staleMountPoints(context))
    await removeMountPoint(context, path).catch((error: unknown) => {
      if (!DmError.is(error, 'BUSY')) throw error;
    });
}

async function mountPointFindings(context: DriverContext): Promise<readonly Found[]> {
  return (await staleMountPoints(context)).map((path) => ({
    kind: 'stale-file',
    subject: path,
    what: `${path} is a mount point, and nothing is mounted there`,
    cause: 'A mount was cut off; where it is not empty, somebody wrote into it while nothing was mounted.',
    holds: bytes(0),
    remedy: `See what is in it, then remove it (rmdir ${path}).`,
    repair: { what: 'remove it, if it is empty', run: () => removeMountPoint(context, path) },
  }));
}

/** Directories for mounts in which nothing is mounted. */
async function staleMountPoints({ ports, layout, locks }: DriverContext): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const { name, stat } of await entriesOf(layout.mounts)) {
    const id = showPath(name);
    const path = join(layout.mounts, id);
    if (stat.type !== 'directory') continue;
    // A layer that is just being mounted has one, too.
    const isMounted = await locks.run([id], async () => (await ports.mounts.find(path)) !== undefined);
    if (!isMounted) stale.push(path);
  }
  return stale;
}

function removeMountPoint({ locks, ports }: DriverContext, path: string): Promise<void> {
  return locks.run([basename(path)], async () => {
    if ((await ports.mounts.find(path)) !== undefined) return;
    try {
      await rmdir(path);
    } catch (error) {
      const failure = fileError(error, 'remove', rawPathOfText(path));
      if (!DmError.is(failure, 'NOT_FOUND')) throw failure;
    }
  });
}

async function halfMadeLvm({ layout }: DriverContext): Promise<readonly Found[]> {
  return (await entriesOf(layout.settingUp)).map(({ name }) => {
    const device = decodeURIComponent(showPath(name));
    return {
      kind: 'half-made-lvm',
      subject: device,
      what: `a set-up of direct-lvm was begun on ${device}, and never finished`,
      cause: 'A start with dm.directlvm_device was cut off or failed, and the root was opened with another pool since.',
      holds: bytes(0),
      remedy: `See what is there (pvs ${device}; lvs docker); if nothing in it is needed: vgremove docker, pvremove ${device}, and remove ${join(layout.settingUp, showPath(name))}.`,
    };
  });
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

async function entriesOf(directory: string): Promise<readonly DirectoryEntry[]> {
  try {
    return await readEntries(rawPathOfText(directory));
  } catch (error) {
    if (DmError.is(error, 'NOT_FOUND')) return [];
    throw error;
  }
}
