import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, readlink, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../disk/disk-error.ts';

/** A file `lock.<generation>`, or `lock.<generation>.released` once its holder gave the root back. */
export interface LockFile {
  readonly generation: bigint;
  readonly isReleased: boolean;
  readonly path: string;
}

const NAME = /^lock\.(\d+)(\.released)?$/u;

/** The lock files of a root, the newest first. */
export async function lockFiles(place: string): Promise<readonly LockFile[]> {
  const found: LockFile[] = [];
  for (const name of await readdir(place)) {
    const match = NAME.exec(name);
    if (match === null) continue;
    found.push({ generation: BigInt(match[1] ?? 0), isReleased: match[2] !== undefined, path: join(place, name) });
  }
  return found.sort(
    (one, other) => Number(other.generation - one.generation) || Number(one.isReleased) - Number(other.isReleased),
  );
}

export function lockPath(place: string, generation: bigint): string {
  return join(place, `lock.${generation}`);
}

/**
 * Makes a lock file with its text in one step; false where the name is taken. A symbolic link that leads nowhere does
 * that in one call, with no moment at which the text is half there, and where the text is short without a block of its
 * own, so that a root can be taken on a full file system (defect 33).
 */
export async function publish(path: string, texts: readonly string[]): Promise<boolean> {
  for (const [index, text] of texts.entries()) {
    try {
      await symlink(text, path);
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EEXIST') return false;
      if (code === 'ENOSPC' && index + 1 < texts.length) continue;
      // Windows gives the right to make links to few.
      if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS') return publishFile(path, text);
      throw error;
    }
  }
  return false;
}

/** The text of a lock file; undefined where it is gone. */
export async function readLock(path: string): Promise<string | undefined> {
  try {
    return await readlink(path).catch(() => readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** In one step, and with no space needed. */
export async function markReleased(path: string): Promise<void> {
  await rename(path, `${path}.released`).catch(ignoreMissing);
}

export async function removeLock(path: string): Promise<void> {
  await unlink(path).catch(ignoreMissing);
}

async function publishFile(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFile(draft, text, { flag: 'wx', mode: 0o600 });
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await removeLock(draft);
  }
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}
