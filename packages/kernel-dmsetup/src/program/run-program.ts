import { type ChildProcess, type ExecFileException, execFile } from 'node:child_process';
import type { Socket } from 'node:net';
import { codeOfErrno, DmError, ERRNO, type ErrnoName } from '@dmthin/domain';
import type { Run, RunResult } from './run.ts';

export interface ProgramOptions {
  /** A path, or a name to be found in the environment's PATH. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Runs a program of the host. */
export function programRun({ program, environment }: ProgramOptions): Run {
  return (args, stdin, { kill, background = false } = {}) =>
    new Promise<RunResult>((resolve, reject) => {
      const end = (): void => void child.kill('SIGKILL');
      const child = start(program, args, environment, (error, stdout, stderr) => {
        kill?.removeEventListener('abort', end);
        backgroundChildren.delete(child);
        if (child.pid === undefined) reject(cannotStart(program, error));
        else resolve({ exitCode: child.exitCode ?? undefined, signal: child.signalCode ?? undefined, stdout, stderr });
      });
      // A program that ends without having read its input is told by its status, not by a broken pipe.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(stdin);
      if (background) leaveInBackground(child);
      if (kill?.aborted === true) end();
      else kill?.addEventListener('abort', end, { once: true });
    });
}

type Done = (error: ExecFileException | null, stdout: string, stderr: string) => void;

function start(program: string, args: readonly string[], env: ProgramOptions['environment'], done: Done): ChildProcess {
  return execFile(program, args, { encoding: 'utf8', env, maxBuffer: Number.POSITIVE_INFINITY }, done);
}

const backgroundChildren = new Set<ChildProcess>();

function killAll(): void {
  for (const child of backgroundChildren) child.kill('SIGKILL');
}

function leaveInBackground(child: ChildProcess): void {
  if (backgroundChildren.size === 0 && !process.listeners('exit').includes(killAll)) process.on('exit', killAll);
  backgroundChildren.add(child);
  child.unref();
  for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as Socket | null)?.unref();
}

const NOT_THERE = ['ENOENT', 'ENOTDIR', 'ENOEXEC'];

function cannotStart(program: string, cause: ExecFileException | null): DmError {
  const errno = Object.keys(ERRNO).find((name): name is ErrnoName => name === cause?.code);
  const isMissing = NOT_THERE.includes(String(cause?.code));
  const code = isMissing || errno === undefined ? 'UNAVAILABLE' : codeOfErrno(errno);
  return new DmError(code, `device-mapper: cannot run ${program}: ${cause?.code ?? 'it does not start'}`, {
    errno,
    operation: 'open',
    subject: program,
    remedy: isMissing
      ? 'Install dmsetup (package dmsetup, or device-mapper), give its path, or use another kernel: ioctl, fake.'
      : undefined,
    cause,
  });
}
