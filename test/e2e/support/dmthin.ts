import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CHECKOUT: string = fileURLToPath(new URL('../../../..', import.meta.url));
const BIN = join(CHECKOUT, 'node_modules/.bin/dmthin');
const SCRIPT = join(CHECKOUT, 'packages/cli/bin/dmthin.js');

/** The command as a user of a checkout has it brings its own Node; on another one it is run by that. */
const COMMAND = process.versions.node.startsWith('24.') ? [BIN] : [process.execPath, SCRIPT];

/** Pools and layers as small as the formats allow, so that hundreds of commands take seconds. */
export const SMALL = ['dm.basesize=64M', 'dm.loopdatasize=256M', 'dm.loopmetadatasize=8M'] as const;

/** Program and first arguments of the command, for a shell line. */
export const command = (): readonly string[] => [process.execPath, SCRIPT];

export interface Ran {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Surroundings {
  readonly root: string;
  readonly input?: Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Run as this user. */
  readonly uid?: number;
  /** Started by this, which is to run what its arguments say. */
  readonly by?: readonly string[];
  readonly stdio?: StdioOptions;
}

/** Starts `dmthin WORDS` on the fake kernel; nothing of the caller's own settings reaches it. */
export function startDmthin(words: readonly string[], surroundings: Surroundings): ChildProcess {
  const { root, environment = {}, uid, by = [], stdio = 'pipe' } = surroundings;
  const [program = '', ...before] = [...by, ...COMMAND];
  return spawn(program, [...before, ...words], {
    stdio,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: root,
      DMTHIN_ROOT: root,
      DMTHIN_KERNEL: 'fake',
      DMTHIN_STORAGE_OPTS: SMALL.join(' '),
      ...environment,
    },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
}

/** Runs `dmthin WORDS` to its end. */
export async function dmthin(words: readonly string[], surroundings: Surroundings): Promise<Ran> {
  const child = startDmthin(words, surroundings);
  // It may end before it has read everything.
  child.stdin?.on('error', () => undefined).end(surroundings.input ?? '');
  return finished(child);
}

/** What a command that was started says, and how it ends; 128 and the signal's number where one ended it. */
export async function finished(child: ChildProcess): Promise<Ran> {
  const [stdout, stderr, status] = await Promise.all([collect(child.stdout), collect(child.stderr), exit(child)]);
  return { status, stdout, stderr: stderr.toString() };
}

/** The value on stdout of a command that must succeed. */
export async function jsonOf<T>(words: readonly string[], surroundings: Surroundings): Promise<T> {
  const { status, stdout, stderr } = await dmthin([...words, '--json'], surroundings);
  if (status !== 0) throw new Error(`dmthin ${words.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.toString()) as T;
}

/** Its standard output as text; it must succeed. */
export async function textOf(words: readonly string[], surroundings: Surroundings): Promise<string> {
  const { status, stdout, stderr } = await dmthin(words, surroundings);
  if (status !== 0) throw new Error(`dmthin ${words.join(' ')} ended with ${status}: ${stderr}`);
  return stdout.toString();
}

async function collect(stream: AsyncIterable<Buffer> | null): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function exit(child: ChildProcess): Promise<number> {
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return status ?? (signal === 'SIGKILL' ? 137 : 128);
}
