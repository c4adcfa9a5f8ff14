import { mkdir, readlink } from 'node:fs/promises';
import { DmError } from '@dmthin/domain';
import { fileError } from '../file/file-error.ts';
import { type FileStat, statFile } from '../file/file-stat.ts';
import { hostPath, joinPath, type RawPath, rawPath, showPath } from '../path/raw-path.ts';
import type { Refusal } from './refusal.ts';

/** As many links as the kernel follows in one path (MAXSYMLINKS). */
const MAX_LINKS = 40;
const ROOT = '' as RawPath;

/**
 * Finds the places that a tar's names mean in a layer, as if the layer's root were `/`: each directory on the way is
 * looked at by itself, a link is followed within the root, and nothing ever leads out of it.
 */
export class LayerPaths {
  readonly root: RawPath;
  /** Directories that were found, by the name they were asked for. */
  readonly #directories = new Map<RawPath, RawPath>();
  /** Called with each directory that had to be made. */
  readonly #onMade: (directory: RawPath) => void;

  constructor(root: RawPath, onMade: (directory: RawPath) => void) {
    this.root = root;
    this.#onMade = onMade;
  }

  /**
   * The name as a path from the root, without `.`, `..` and slashes at its ends; empty for the root itself.
   * @throws DmError INVALID_ARGUMENT: absolute, leaves the root, or cannot be a name on this host.
   */
  clean(name: RawPath, refuse: Refusal): RawPath {
    if (name.startsWith('/')) throw refuse('is absolute');
    if (name.includes('\0')) throw refuse('has a NUL in it');
    const parts: string[] = [];
    for (const part of name.split('/')) {
      if (part === '' || part === '.') continue;
      if (part !== '..') parts.push(part);
      else if (parts.pop() === undefined) throw refuse('leads out of the layer');
    }
    // On Windows these separate directories and name streams and drives.
    if (process.platform === 'win32' && parts.some((part) => /[\\:]/u.test(part)))
      throw refuse('cannot be a file name on Windows');
    return parts.join('/') as RawPath;
  }

  /**
   * Where the directory `name` (cleaned) is on the host; what is missing of it is made.
   * @throws DmError INVALID_ARGUMENT: something on the way is no directory.
   */
  async directory(name: RawPath, refuse: Refusal): Promise<RawPath> {
    const found = this.known(name) ?? (await this.#find(name, refuse));
    this.#directories.set(name, found);
    return found;
  }

  /** Where the directory is, if it was found before. */
  known(name: RawPath): RawPath | undefined {
    return name === ROOT ? this.root : this.#directories.get(name);
  }

  /** To be called when a directory or link may have gone: what was found is not true any more. */
  forget(): void {
    this.#directories.clear();
  }

  async #find(name: RawPath, refuse: Refusal): Promise<RawPath> {
    const place: RawPath[] = [];
    // What a link leads to has to be there: making it would bring to life what the layer does not have.
    const rest = stepsOf(name, false);
    let links = 0;
    for (let step = rest.shift(); step !== undefined; step = rest.shift()) {
      if (step.name === '..') {
        place.pop();
        continue;
      }
      const path = joinPath(this.#hostPath(place), step.name);
      const stat = (await statFile(path)) ?? (step.isFromLink ? undefined : await this.#make(path));
      if (stat === undefined) throw refuse('goes through a link to nothing');
      if (stat.type === 'symlink') {
        links += 1;
        if (links > MAX_LINKS) throw refuse('goes through too many links');
        const target = await readLinkTarget(path);
        if (target.startsWith('/')) place.length = 0;
        rest.unshift(...stepsOf(target, true));
      } else if (stat.type === 'directory') place.push(step.name);
      else throw refuse(`goes through "${showPath(step.name)}", which is no directory`);
    }
    return this.#hostPath(place);
  }

  #hostPath(place: readonly RawPath[]): RawPath {
    return [this.root, ...place].join('/') as RawPath;
  }

  async #make(path: RawPath): Promise<FileStat> {
    try {
      await mkdir(hostPath(path), 0o755);
    } catch (error) {
      throw fileError(error, 'make directory', path);
    }
    this.#onMade(path);
    const stat = await statFile(path);
    if (stat === undefined) throw new DmError('CONFLICT', `${showPath(path)} went as soon as it was made`);
    return stat;
  }
}

interface Step {
  readonly name: RawPath;
  readonly isFromLink: boolean;
}

function stepsOf(path: RawPath, isFromLink: boolean): Step[] {
  const names = path.split('/').filter((part) => part !== '' && part !== '.') as RawPath[];
  return names.map((name) => ({ name, isFromLink }));
}

async function readLinkTarget(path: RawPath): Promise<RawPath> {
  try {
    return rawPath(await readlink(hostPath(path), 'buffer'));
  } catch (error) {
    throw fileError(error, 'read link', path);
  }
}
