import { chmod, rmdir, unlink } from 'node:fs/promises';
import { hostPath, joinPath, type RawPath } from '../path/raw-path.ts';
import { errnoOf, fileError } from './file-error.ts';
import { statFile } from './file-stat.ts';
import { mapInParallel } from './in-parallel.ts';
import { readNames } from './read-directory.ts';

/** Removes a file, or a directory with all that is in it; links are removed, not followed. Succeeds where nothing is. */
export async function removeTree(path: RawPath): Promise<void> {
  const stat = await statFile(path);
  if (stat === undefined) return;
  try {
    if (stat.type !== 'directory') {
      await unlink(hostPath(path));
      return;
    }
    // Whoever is not root can empty only a directory that it may write to, and may make it so when it is its own.
    if ((stat.permissions & 0o700) !== 0o700 && !isRoot()) await chmod(hostPath(path), 0o700);
    await mapInParallel(await readNames(path), 4, (name) => removeTree(joinPath(path, name)));
    await rmdir(hostPath(path));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError(error, 'remove', path);
  }
}

/** Whether permissions do not bind this process. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}
