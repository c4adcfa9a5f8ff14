import { DmError } from '@dmthin/domain';
import type { CancelSignal, FileAttributes } from '@dmthin/ports';
import { throwIfAborted } from '../file/abort.ts';
import type { FileStat } from '../file/file-stat.ts';
import { type DirectoryEntry, readEntries } from '../file/read-directory.ts';
import type { ChangeKind } from '../graph-driver.ts';
import { joinPath, type RawPath } from '../path/raw-path.ts';
import { isCapabilityDifferent, isSameInode, isStatDifferent } from './same-file.ts';

/** A path that differs between two trees. */
export interface TreeChange {
  /** Absolute within the tree: `/etc/hosts`. */
  readonly path: RawPath;
  readonly kind: ChangeKind;
  /** What is there now; what was there for a deleted path. */
  readonly stat: FileStat;
}

/** A name that both trees, or one of them, have in a directory. */
interface Pair {
  readonly path: RawPath;
  readonly before: FileStat | undefined;
  readonly after: FileStat | undefined;
  /** The pairs inside, where reading them has begun. */
  inside?: Promise<readonly Pair[]> | undefined;
}

interface OpenDirectory {
  readonly pairs: readonly Pair[];
  next: number;
  /** The directory itself, where it counts as modified as soon as something in it differs. */
  pending: TreeChange | undefined;
}

/** How many directories are read ahead of the walk, at each depth. */
const READ_AHEAD = 4;

/**
 * What differs in the tree `after` against the tree `before` (against nothing where it is undefined), by Docker's naive
 * rules (docker-devicemapper.md, Appendix A): a walk of both in byte order of names, in which a directory comes before
 * what is in it, an added directory with all that is in it, a deleted one alone. The roots themselves are not compared.
 *
 * Memory is bounded by the widest directories on one path, not by the trees.
 */
export async function* compareTrees(
  before: RawPath | undefined,
  after: RawPath,
  attributes: FileAttributes,
  signal?: CancelSignal,
): AsyncGenerator<TreeChange, void, undefined> {
  const walk = new TreeWalk(before, after, attributes);
  try {
    const open: OpenDirectory[] = [{ pairs: await walk.enter(walk.root), next: 0, pending: undefined }];
    for (let directory = open.at(-1); directory !== undefined; directory = open.at(-1)) {
      const pair = directory.pairs[directory.next];
      if (pair === undefined) {
        open.pop();
        continue;
      }
      throwIfAborted(signal, 'compare');
      walk.readAhead(directory.pairs, directory.next);
      directory.next += 1;
      const change = await walk.changeOf(pair);
      if (change !== undefined) {
        // The directories above were unchanged until now; each is named once, before what is in it.
        for (const above of open) {
          if (above.pending !== undefined) yield above.pending;
          above.pending = undefined;
        }
        yield change;
      }
      if (!hasInside(pair)) continue;
      const pending: TreeChange | undefined =
        change === undefined ? { path: pair.path, kind: 'modify', stat: pair.after } : undefined;
      open.push({ pairs: await walk.enter(pair), next: 0, pending });
    }
  } finally {
    await walk.settle();
  }
}

class TreeWalk {
  readonly root: Pair = { path: '/' as RawPath, before: undefined, after: undefined };
  readonly #before: RawPath | undefined;
  readonly #after: RawPath;
  readonly #attributes: FileAttributes;
  readonly #reading = new Set<Promise<readonly Pair[]>>();

  constructor(before: RawPath | undefined, after: RawPath, attributes: FileAttributes) {
    this.#before = before;
    this.#after = after;
    this.#attributes = attributes;
  }

  /** The pairs inside; what was read ahead is handed over and not kept. */
  enter(pair: Pair): Promise<readonly Pair[]> {
    const inside = pair.inside ?? this.#read(pair);
    pair.inside = undefined;
    return inside;
  }

  readAhead(pairs: readonly Pair[], from: number): void {
    let begun = 0;
    for (let index = from; index < pairs.length && index < from + 64 && begun < READ_AHEAD; index += 1) {
      const pair = pairs[index];
      if (pair === undefined || !hasInside(pair)) continue;
      begun += 1;
      if (pair.inside !== undefined) continue;
      const reading = this.#read(pair);
      pair.inside = reading;
      this.#reading.add(reading);
      // A failure is reported when the walk comes there.
      const done = (): boolean => this.#reading.delete(reading);
      reading.then(done, done);
    }
  }

  /** Waits for what is still being read: whoever stops early may unmount next. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#reading);
  }

  async changeOf({ path, before, after }: Pair): Promise<TreeChange | undefined> {
    if (after === undefined) return before && { path, kind: 'delete', stat: before };
    if (before === undefined) return { path, kind: 'add', stat: after };
    if (isSameInode(before, after)) return undefined;
    const isModified =
      isStatDifferent(before, after) ||
      (await isCapabilityDifferent(
        this.#attributes,
        { path: hostPathIn(this.#before as RawPath, path), stat: before },
        { path: hostPathIn(this.#after, path), stat: after },
      ));
    return isModified ? { path, kind: 'modify', stat: after } : undefined;
  }

  async #read(pair: Pair): Promise<readonly Pair[]> {
    if (pair === this.root) {
      const before = this.#before === undefined ? [] : readEntries(this.#before);
      return merge(pair.path, ...(await Promise.all([before, readEntries(this.#after)])));
    }
    const before = pair.before?.type === 'directory' ? readIfThere(hostPathIn(this.#before as RawPath, pair.path)) : [];
    return merge(pair.path, ...(await Promise.all([before, readIfThere(hostPathIn(this.#after, pair.path))])));
  }
}

/** A layer in use may lose a directory between the look at its parent and the look inside. */
async function readIfThere(directory: RawPath): Promise<readonly DirectoryEntry[]> {
  try {
    return await readEntries(directory);
  } catch (error) {
    if (DmError.is(error, 'NOT_FOUND')) return [];
    throw error;
  }
}

/** Whether the walk goes into it: a directory now, and not the very same one as before. */
function hasInside(pair: Pair): pair is Pair & { readonly after: FileStat } {
  return pair.after?.type === 'directory' && !(pair.before !== undefined && isSameInode(pair.before, pair.after));
}

/** Two lists in byte order made one. */
function merge(directory: RawPath, before: readonly DirectoryEntry[], after: readonly DirectoryEntry[]): Pair[] {
  const pairs: Pair[] = [];
  for (let old = 0, now = 0; old < before.length || now < after.length; ) {
    const was = before[old];
    const is = after[now];
    const name = was === undefined || (is !== undefined && is.name < was.name) ? is?.name : was.name;
    const takesOld = was?.name === name;
    const takesNew = is?.name === name;
    pairs.push({
      path: joinPath(directory, name as RawPath),
      before: takesOld ? was?.stat : undefined,
      after: takesNew ? is?.stat : undefined,
    });
    if (takesOld) old += 1;
    if (takesNew) now += 1;
  }
  return pairs;
}

/** Where a path of the tree is on the host. */
export function hostPathIn(root: RawPath, path: RawPath): RawPath {
  return (path === '/' ? root : root + path) as RawPath;
}
