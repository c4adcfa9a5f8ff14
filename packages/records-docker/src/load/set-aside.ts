import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BrokenRecord, Log } from '@dmthin/ports';
import type { Disk, DiskEntry } from '../disk/disk.ts';
import { codeOf } from '../disk/disk-error.ts';
import type { Layout } from '../layout.ts';

/** A file name has 255 bytes, nine of which are for what makes it unique; four bytes is the longest character. */
const NAME_LENGTH = 60;

/**
 * Moves what could not be read out of Docker's sight, with all its bytes: Docker reads directories below `metadata/` too,
 * hidden ones as well, so it goes beside it. Where it cannot be moved, it stays, and the report says so. Undefined where it
 * is gone.
 */
export async function setAside(
  disk: Disk,
  layout: Layout,
  entry: Pick<DiskEntry, 'name' | 'path'>,
  reason: string,
  log: Log | undefined,
): Promise<BrokenRecord | undefined> {
  const aside = join(layout.broken, `${entry.name.slice(0, NAME_LENGTH)}.${randomBytes(4).toString('hex')}`);
  let broken: BrokenRecord;
  try {
    await disk.makeDirectory(layout.broken);
    await disk.rename(entry.path, aside);
    await disk.syncDirectory(layout.broken);
    broken = { name: entry.name, setAsideAs: aside, reason };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    const why = error instanceof Error ? error.message : String(error);
    broken = { name: entry.name, setAsideAs: String(entry.path), reason: `${reason} (and it stays: ${why})` };
  }
  log?.write('error', `the record "${entry.name}" of ${layout.root} could not be read: ${broken.reason}`, {
    ...broken,
  });
  return broken;
}
