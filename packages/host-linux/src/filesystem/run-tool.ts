import { type ExecFileException, execFile } from 'node:child_process';
import { codeOfErrno, DmError, type DmErrorCode, ERRNO, type ErrnoName } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import type { CommandLine } from './mkfs-command.ts';

/** The PATH of those who are not root has none of them. */
const SYSTEM_PATHS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The tools say with a status that they failed; why, only in words (of the C locale). */
const WORDS: readonly (readonly [RegExp, ErrnoName])[] = [
  [/No space left on device/u, 'ENOSPC'],
  [/Input\/output error/u, 'EIO'],
  [/Device or resource busy|is mounted|contains a mounted filesystem|apparently in use/u, 'EBUSY'],
  [/Read-only file system/u, 'EROFS'],
  [/Permission denied|Operation not permitted/u, 'EPERM'],
];

/**
 * Runs a filesystem tool, without a shell.
 * @throws DmError NOT_SUPPORTED: it is not installed. ABORTED. NO_SPACE, IO, BUSY, NOT_PERMITTED: in its words.
 * INVALID_ARGUMENT: it failed for another reason, such as its arguments.
 */
export async function runTool(command: CommandLine, subject: string, signal?: CancelSignal): Promise<void> {
  await toolOutput(command, subject, signal);
}

/** As `runTool`, for what the tool prints. */
export function toolOutput(command: CommandLine, subject: string, signal?: CancelSignal): Promise<string> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(aborted(program, subject, signal));
    const end = (): void => void child.kill('SIGKILL');
    const child = execFile(program, args, { encoding: 'utf8', env: environment() }, (error, stdout, stderr) => {
      signal?.removeEventListener('abort', end);
      if (signal?.aborted === true) reject(aborted(program, subject, signal));
      else if (error === null) resolve(stdout);
      else reject(toolError(program, subject, error, stderr.trim()));
    });
    child.stdin?.end();
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** The directories in which a tool is looked for. */
export function toolPath(): readonly string[] {
  const { PATH = '/usr/bin:/bin' } = process.env;
  return [...PATH.split(':'), ...SYSTEM_PATHS];
}

function environment(): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(LC_|LANG)/u.test(name));
  return { ...Object.fromEntries(inherited), PATH: toolPath().join(':'), LC_ALL: 'C' };
}

function aborted(program: string, subject: string, { reason }: CancelSignal): DmError {
  return new DmError('ABORTED', `${program} ${subject}: it was cancelled`, {
    operation: program,
    subject,
    cause: reason,
  });
}

function toolError(program: string, subject: string, cause: ExecFileException, words: string): DmError {
  if (typeof cause.code === 'string') {
    const errno = cause.code in ERRNO ? (cause.code as ErrnoName) : undefined;
    const isMissing = errno === 'ENOENT';
    const code: DmErrorCode = isMissing || errno === undefined ? 'NOT_SUPPORTED' : codeOfErrno(errno);
    return new DmError(code, `${program} ${subject}: ${isMissing ? 'it is not installed' : cause.code}`, {
      errno,
      operation: program,
      subject,
      remedy: isMissing ? `Install it (package ${/xfs/u.test(program) ? 'xfsprogs' : 'e2fsprogs'}).` : undefined,
      cause,
    });
  }
  const errno = WORDS.find(([pattern]) => pattern.test(words))?.[1];
  const said =
    words === '' ? `it ended with ${cause.signal ?? `status ${cause.code}`}` : words.split('\n', 3).join('; ');
  return new DmError(errno === undefined ? 'INVALID_ARGUMENT' : codeOfErrno(errno), `${program} ${subject}: ${said}`, {
    errno,
    operation: program,
    subject,
    remedy: errno === undefined ? 'See whether the device is large enough, and dm.mkfsarg right.' : undefined,
    cause: new Error(words),
  });
}
