import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DmError } from '@dmthin/domain';
import type { Log } from '@dmthin/ports';
import { codeOf, diskError } from '../disk/disk-error.ts';
import { OWN_DIRECTORY } from '../layout.ts';
import { refuseDaemon } from '../store/refuse-daemon.ts';
import { type LockFile, lockFiles, lockPath, markReleased, publish, readLock, removeLock } from './lock-files.ts';
import { formatBriefly, formatHolder, livenessOf, parseHolder, type RootHolder, thisProcess } from './root-holder.ts';

/** A root that this process has for itself. */
export interface RootLock extends AsyncDisposable {
  readonly directory: string;
  /** Gives the root back. Twice is well. */
  release(): Promise<void>;
}

/** How often two processes may take a dead one's place from each other before something must be wrong. */
const ATTEMPTS = 100;

/**
 * Takes a root for this process, from a process that has died too.
 *
 * The lock is the file with the highest generation in `<directory>/dmthin`. To take it is to make the next generation,
 * which only one can; a name is never used again while a higher one exists, and whoever finds, after making its own, that
 * there is a higher or equal one steps back. So a slow process that still believes in a death long past cannot take the
 * place of the one that took over (it could, if the dead one's file were removed and made anew).
 *
 * @throws DmError LOCKED: says who holds it, a dockerd too. NOT_PERMITTED, READ_ONLY, NO_SPACE, IO: the directory takes no files.
 */
export async function takeRootLock(directory: string, options: { readonly log?: Log } = {}): Promise<RootLock> {
  const place = join(directory, OWN_DIRECTORY);
  try {
    await refuseDaemon(directory);
    await makeDirectories(place);
    const self = await thisProcess();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const generation = await tryToTake(directory, place, self, options.log);
      if (generation !== undefined) return new HeldRootLock(directory, lockPath(place, generation));
    }
  } catch (cause) {
    throw diskError('take the root', directory, cause);
  }
  throw new DmError('LOCKED', `cannot take the root ${directory}: others took it ${ATTEMPTS} times in between`, {
    operation: 'take the root',
    subject: directory,
    remedy: 'Find out which processes open this root again and again.',
  });
}

/** As mkdir -p. Node's own never comes back from a file system that answers ENOENT below a directory it has (/proc). */
async function makeDirectories(path: string): Promise<void> {
  const make = (): Promise<void> =>
    mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  try {
    await make();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectories(dirname(path));
    await make();
  }
}

/** The generation that is ours now; undefined where somebody was faster, so that all has to be looked at again. */
async function tryToTake(
  directory: string,
  place: string,
  self: RootHolder,
  log: Log | undefined,
): Promise<bigint | undefined> {
  const [newest] = await lockFiles(place);
  if (newest !== undefined && !newest.isReleased) {
    const text = await readLock(newest.path);
    if (text === undefined) return undefined;
    await refuseUnlessDead(directory, newest, text, self);
    log?.write('warn', `took the root ${directory} from a process that had died`, { holder: text });
  }
  const generation = (newest?.generation ?? 0n) + 1n;
  const mine = lockPath(place, generation);
  if (!(await publish(mine, [formatHolder(self), formatBriefly(self)]))) return undefined;
  const others = (await lockFiles(place)).filter(({ path }) => path !== mine);
  if (others.some((other) => other.generation >= generation)) {
    await removeLock(mine);
    return undefined;
  }
  await Promise.all(others.map(({ path }) => removeLock(path)));
  return generation;
}

async function refuseUnlessDead(directory: string, file: LockFile, text: string, self: RootHolder): Promise<void> {
  const holder = parseHolder(text);
  const liveness = holder === undefined ? 'unknown' : await livenessOf(holder, self);
  if (liveness === 'dead') return;
  const remedy =
    liveness === 'alive'
      ? 'Stop that process, or use another root.'
      : `Whether it still runs cannot be seen from here. If it surely does not, remove ${file.path}.`;
  throw new DmError('LOCKED', `the root ${directory} is held by ${described(holder, text)}`, {
    operation: 'take the root',
    subject: directory,
    remedy,
  });
}

function described(holder: RootHolder | undefined, text: string): string {
  if (holder === undefined) return `somebody this version does not know (${JSON.stringify(text.slice(0, 100))})`;
  const { pid, command, host, since } = holder;
  return `process ${pid} (${command}) on host ${host} since ${since.toISOString()}`;
}

class HeldRootLock implements RootLock {
  readonly directory: string;
  readonly #path: string;

  constructor(directory: string, path: string) {
    this.directory = directory;
    this.#path = path;
  }

  async release(): Promise<void> {
    await markReleased(this.#path).catch((cause: unknown) => {
      throw diskError('give back the root', this.directory, cause);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
