import type { FileStat } from '../file/file-stat.ts';
import type { RawPath } from '../path/raw-path.ts';

/** The names of files that have several, as they are met. */
export class HardLinks {
  readonly #names = new Map<string, RawPath>();

  /** The name this file was met under before; undefined the first time, and for a file with one name. */
  firstNameOf(stat: FileStat, name: RawPath): RawPath | undefined {
    if (stat.links < 2 || stat.type === 'directory') return undefined;
    const key = `${stat.device}:${stat.inode}`;
    const first = this.#names.get(key);
    if (first === undefined) this.#names.set(key, name);
    return first;
  }
}
