import { chmod, utimes } from 'node:fs/promises';
import { fileError } from '../file/file-error.ts';
import { statFile } from '../file/file-stat.ts';
import { isRoot } from '../file/remove-tree.ts';
import { hostPath, type RawPath } from '../path/raw-path.ts';
import type { Timestamp } from '../tar/tar-entry.ts';

interface Finish {
  readonly permissions: number;
  /** undefined: as the file system has it. */
  readonly modified: Timestamp | undefined;
}

/**
 * What directories shall be in the end. Their times change with everything that is put into them, and permissions may
 * keep whoever is not root from putting anything in, so both are set when all is unpacked.
 */
export class DirectoryFinish {
  readonly #finishes = new Map<RawPath, Finish>();

  set(directory: RawPath, permissions: number, modified: Timestamp): void {
    this.#finishes.set(directory, { permissions, modified });
  }

  /** Lets this process write into a directory that it owns, until the end. */
  async unlock(directory: RawPath): Promise<void> {
    if (isRoot() || this.#finishes.has(directory)) return;
    const stat = await statFile(directory);
    if (stat === undefined || (stat.permissions & 0o300) === 0o300) return;
    try {
      await chmod(hostPath(directory), stat.permissions | 0o700);
    } catch (error) {
      throw fileError(error, 'write into', directory);
    }
    this.#finishes.set(directory, { permissions: stat.permissions, modified: undefined });
  }

  /** The deepest first, since a directory's permissions may close the way to what is in it. */
  async finish(): Promise<void> {
    const deepestFirst = [...this.#finishes].sort(([one], [other]) => other.length - one.length);
    for (const [directory, { permissions, modified }] of deepestFirst) {
      // Something later in the tar may have taken it away or put something else in its place.
      if ((await statFile(directory))?.type !== 'directory') continue;
      try {
        await chmod(hostPath(directory), permissions);
        if (modified !== undefined) await utimes(hostPath(directory), secondsOf(modified), secondsOf(modified));
      } catch (error) {
        throw fileError(error, 'finish directory', directory);
      }
    }
  }
}

/** As utimes(2) of Node takes it. */
export function secondsOf({ seconds, nanoseconds }: Timestamp): number {
  return seconds + nanoseconds / 1e9;
}
