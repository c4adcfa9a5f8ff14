import { constants, promises } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { Steps } from '@dmthin/conformance';

/** What changes something on a file system; what only reads leaves nothing to be found. */
const CHANGES = [
  'chmod',
  'link',
  'lutimes',
  'mkdir',
  'open',
  'rename',
  'rmdir',
  'symlink',
  'truncate',
  'unlink',
  'utimes',
  'writeFile',
] as const;
const HANDLE_READS = ['close', 'read', 'readFile', 'stat'];
const GRAPH_DRIVER = /[/\\]graphdriver[/\\](?:dist|src)[/\\]/u;

type Call = (...given: readonly unknown[]) => Promise<unknown>;
type Calls = Record<(typeof CHANGES)[number], Call>;

const files = promises as unknown as Calls;
const originals = Object.fromEntries(CHANGES.map((name) => [name, files[name]])) as Calls;
const underWay = new Set<Promise<unknown>>();
const handles = new Set<FileHandle>();
/** Those of the process that runs now. */
let counted: Calls = originals;

/**
 * From now on every call by which the graph driver itself changes files is one of the steps: a directory made, a mark set,
 * a file of the pool grown, what a tar brings. Those of the process that was before are counted no more.
 */
export function countOwnFiles(steps: Steps): void {
  const noted = { ...noting(originals), open: noting({ openHandle }).openHandle };
  const port = steps.port(noted);
  const open: Call = async (...given) =>
    steps.port((await (isForReading(given[1]) ? noted : port).open(...given)) as FileHandle, HANDLE_READS);
  counted = { ...port, open };
  if (files.open !== originals.open) return;
  for (const name of CHANGES) files[name] = (...given) => (isOfGraphDriver() ? counted : originals)[name](...given);
  syncBuiltinESMExports();
}

/** The process has ended: what it was doing is done or will never be, and what it had open is closed. */
export async function endOwnFiles(): Promise<void> {
  while (underWay.size > 0) await Promise.allSettled(underWay);
  for (const handle of handles) await handle.close();
  handles.clear();
}

/** One that its process never hears of is closed all the same. */
async function openHandle(...given: readonly unknown[]): Promise<FileHandle> {
  const handle = (await originals.open(...given)) as FileHandle;
  handles.add(handle);
  return noting(handle);
}

/** Whether the function that called this one was called by a line of the graph driver. */
function isOfGraphDriver(): boolean {
  return GRAPH_DRIVER.test(new Error('for its stack').stack?.split('\n')[3] ?? '');
}

function isForReading(flags: unknown): boolean {
  const written = constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT;
  return flags === undefined || flags === 'r' || (typeof flags === 'number' && (flags & written) === 0);
}

/** The same, with each call known as long as it is under way. */
function noting<Target extends object>(target: Target): Target {
  return new Proxy(target, {
    get: (_, key) => {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      return (...given: readonly unknown[]): unknown => {
        const call = Promise.resolve(Reflect.apply(member, target, given));
        underWay.add(call);
        const done = (): void => void underWay.delete(call);
        call.then(done, done);
        return call;
      };
    },
  });
}
