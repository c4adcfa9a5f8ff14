import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename } from 'node:path';

/** The process that holds a root. What a host cannot tell is '-'. */
export interface RootHolder {
  readonly pid: number;
  /** When it started, in ticks since boot, so that another process with the same pid is not taken for it. */
  readonly started: string;
  /** The boot it ran in: a pid means nothing after the next one. */
  readonly boot: string;
  /** The pid namespace (a container has its own): pids of another one mean nothing here. */
  readonly namespace: string;
  readonly since: Date;
  readonly host: string;
  readonly command: string;
}

/** `unknown`: it ran where this process cannot look, in another container or on another machine. */
export type Liveness = 'alive' | 'dead' | 'unknown';

const UNKNOWN = '-';
const COMMAND_LENGTH = 200;
const SHAPE = /^(\d+) (\S+) (\S+) (\S+) (\d+)(?: (\S+) (.*))?$/u;

/** This process. */
export async function thisProcess(): Promise<RootHolder> {
  return {
    pid: process.pid,
    started: (await processState('self'))?.started ?? UNKNOWN,
    // Eight digits tell one boot from another, and keep the text short enough to lie within an inode.
    boot: (await textOf(readFile('/proc/sys/kernel/random/boot_id', 'utf8')))?.slice(0, 8) ?? UNKNOWN,
    namespace: /\d+/u.exec((await textOf(readlink('/proc/self/ns/pid'))) ?? '')?.[0] ?? UNKNOWN,
    since: new Date(),
    host: hostname().replace(/\s/gu, '') || UNKNOWN,
    command: commandLine(),
  };
}

/** One line: pid, start, boot, namespace, seconds since 1970, host, command. */
export function formatHolder(holder: RootHolder): string {
  return `${formatBriefly(holder)} ${holder.host} ${holder.command}`;
}

/** The same without host and command: 49 bytes at most for years to come, which take no block on ext4 and XFS. */
export function formatBriefly({ pid, started, boot, namespace, since }: RootHolder): string {
  return [pid, started, boot, namespace, Math.floor(since.getTime() / 1000)].join(' ');
}

/** Undefined where it is not one of ours. */
export function parseHolder(text: string): RootHolder | undefined {
  const [, pid, started, boot, namespace, since, host = UNKNOWN, command = UNKNOWN] = SHAPE.exec(text) ?? [];
  if (started === undefined || boot === undefined || namespace === undefined) return undefined;
  return { pid: Number(pid), started, boot, namespace, since: new Date(Number(since) * 1000), host, command };
}

/** Whether `holder` still runs, as far as `self` can see. */
export async function livenessOf(holder: RootHolder, self: RootHolder): Promise<Liveness> {
  // The same machine after a reboot; where the name differs too it may be another machine that is up.
  if (holder.boot !== self.boot) return holder.host === self.host ? 'dead' : 'unknown';
  if (holder.namespace !== self.namespace) return 'unknown';
  if (!canSignal(holder.pid)) return 'dead';
  const found = await processState(holder.pid);
  if (found === undefined || holder.started === UNKNOWN) return 'alive';
  return found.started === holder.started && !found.hasEnded ? 'alive' : 'dead';
}

/** From /proc/<pid>/stat; undefined where there is no such process or no /proc. */
async function processState(pid: number | 'self'): Promise<{ started: string; hasEnded: boolean } | undefined> {
  const text = await textOf(readFile(`/proc/${pid}/stat`, 'utf8'));
  // The command is in parentheses and may hold any character, so what follows it is found from the last one on.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields?.[0], fields?.[19]]; // fields 3 and 22 of proc_pid_stat(5)
  if (state === undefined || started === undefined) return undefined;
  return { started, hasEnded: state === 'Z' || state === 'X' };
}

function canSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

function commandLine(): string {
  const line = [basename(process.execPath), ...process.argv.slice(1)].join(' ');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would break the line
  return line.slice(0, COMMAND_LENGTH).replace(/[\u0000-\u001f]/gu, ' ') || UNKNOWN;
}

/** What was read, trimmed; undefined where it could not be: this is not Linux, or the process is gone. */
async function textOf(read: Promise<string>): Promise<string | undefined> {
  return read.then(
    (text) => text.trim(),
    () => undefined,
  );
}
