import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { asHostError, systemErrno } from '../error/host-error.ts';
import { bytePath } from './byte-path.ts';
import { removeTree } from './remove-tree.ts';
import { TimeSlice } from './time-slice.ts';

interface Journal {
  readonly target: string;
  readonly directory: string;
}

/**
 * Where the parts of one mount lie. A mount is two renames: the target goes to `under`, and the directory that was
 * filled before takes its place; unmounting is the same backwards. So files of either side are never seen half, and
 * whoever works in the mount's directory keeps it when it is unmounted. A journal beside it lets the next start undo
 * what a killed process left.
 */
export class MountPlace {
  readonly target: string;
  /** Counts up; a later mount may lie inside an earlier one. */
  readonly id: number;
  readonly #journal: string;
  readonly #directory: string;

  private constructor(state: string, id: number, { target, directory }: Journal) {
    this.target = target;
    this.id = id;
    this.#directory = directory;
    this.#journal = join(state, `${id}.json`);
  }

  /** Makes room for a mount on `target`, in `state` or, where that is another file system, beside the target. */
  static async create(state: string, id: number, target: string): Promise<MountPlace> {
    const beside = join(dirname(target), `.${basename(target)}.dmthin-${id}`);
    const inside = join(state, `${id}`);
    await mkdir(join(inside, 'root'), { recursive: true });
    const isNear = await canMove(join(inside, 'root'), beside);
    const place = new MountPlace(state, id, { target, directory: isNear ? inside : beside });
    if (!isNear) {
      await rm(inside, { recursive: true });
      await mkdir(join(beside, 'root'), { recursive: true });
    }
    await place.#note();
    return place;
  }

  static at(state: string, id: number, target: string, directory: string): MountPlace {
    return new MountPlace(state, id, { target, directory });
  }

  /** Every place that an earlier run left in `state`, the latest first. */
  static async left(state: string): Promise<MountPlace[]> {
    const names = (await readdir(state)).filter((name) => /^\d+\.json$/u.test(name));
    const ids = names.map((name) => Number.parseInt(name, 10)).sort((a, b) => b - a);
    return Promise.all(
      ids.map(async (id) => new MountPlace(state, id, JSON.parse(await readFile(join(state, `${id}.json`), 'utf8')))),
    );
  }

  get directory(): string {
    return this.#directory;
  }

  /** Where the mount's files are made before they are shown. */
  get root(): string {
    return join(this.#directory, 'root');
  }

  /** What was at the target before. */
  get under(): string {
    return join(this.#directory, 'under');
  }

  /** Where the mount's files are after they are no longer shown. */
  get gone(): string {
    return join(this.#directory, 'gone');
  }

  /** Where what is remembered of the files is saved between runs. */
  get baseline(): string {
    return join(this.#directory, 'baseline.json');
  }

  /** Makes `root` an empty directory. */
  async clear(): Promise<void> {
    await removeTree(bytePath(this.root), new TimeSlice());
    await mkdir(this.root);
  }

  /** Puts the mount's files in the place of the target. */
  async show(): Promise<void> {
    await rename(this.target, this.under);
    try {
      await rename(this.root, this.target);
    } catch (error) {
      await rename(this.under, this.target);
      throw error;
    }
  }

  /** Puts the target back; the mount's files are in `gone` then. @throws DmError BUSY: the platform keeps it. */
  async hide(): Promise<void> {
    try {
      await rename(this.target, this.gone);
    } catch (error) {
      // The target was deleted or moved away under its mount: what was there before comes back all the same.
      if (systemErrno(error) !== 'ENOENT') throw asHostError('unmount', this.target, error);
    }
    await rename(this.under, this.target);
  }

  /** Whether the mount was shown, by what lies where. */
  async isShown(): Promise<boolean> {
    return exists(this.under);
  }

  /** Deletes all of it. */
  async remove(): Promise<void> {
    await removeTree(bytePath(this.#directory), new TimeSlice());
    await rm(this.#journal, { force: true });
  }

  async #note(): Promise<void> {
    const journal: Journal = { target: this.target, directory: this.#directory };
    await writeFile(`${this.#journal}.new`, JSON.stringify(journal));
    await rename(`${this.#journal}.new`, this.#journal);
  }
}

async function canMove(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
  } catch (error) {
    if (systemErrno(error) === 'EXDEV') return false;
    throw error;
  }
  await rename(to, from);
  return true;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrno(error) === 'ENOENT') return false;
    throw error;
  }
}
