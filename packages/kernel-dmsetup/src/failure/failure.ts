import { attempted, codeOfErrno, commandError, DmError } from '@dmthin/domain';
import type { RunResult } from '../program/run.ts';
import { errnoOfText } from './error-text.ts';

export interface Attempt {
  /** In the port's words. */
  readonly operation: string;
  /** The device; undefined where the driver as a whole was asked. */
  readonly device?: string | undefined;
  /** What was sent. */
  readonly argument?: string | undefined;
}

const RIGHTS = 'Run as root, or with CAP_SYS_ADMIN and write access to /dev/mapper/control.';
const DRIVER = 'Load it: modprobe dm_mod dm_thin_pool.';

/** The error of a run that did not end with status 0. */
export function failureOf(result: RunResult, attempt: Attempt): DmError {
  if (result.signal !== undefined) return killedError(result.signal, attempt);
  const words = wordsOf(result, attempt);
  return withoutDriver(words, attempt) ?? withErrno(words, attempt) ?? inOtherWords(words, result.exitCode, attempt);
}

/** A signal ended the run, so that how far it came is not known. */
function killedError(signal: string, { operation, device }: Attempt): DmError {
  return new DmError('UNAVAILABLE', `device-mapper: ${attempted(operation, device)}: dmsetup was killed by ${signal}`, {
    operation,
    subject: device,
    remedy: 'Whether the change was made is not known: look (dmsetup info), then try again.',
  });
}

/**
 * What went wrong with a node under /dev/mapper although the kernel did as it was told, which dmsetup exits with 0 for
 * (lvm2, libdm/libdm-common.c).
 */
export function nodeFailureOf(result: RunResult, attempt: Attempt): DmError | undefined {
  const line = /^.*(?:is already present|[Uu]nable to (?:unlink|rename|replace) .*|: mknod for .* failed.*)$/mu.exec(
    result.stderr,
  )?.[0];
  if (line === undefined) return undefined;
  const { operation, device } = attempt;
  const isForeign = line.startsWith('A non-block device file');
  return new DmError(isForeign ? 'CONFLICT' : 'IO', `device-mapper: ${attempted(operation, device)}: ${line}`, {
    errno: errnoOfText(line.slice(line.lastIndexOf(': ') + 2)),
    operation,
    subject: device,
    remedy: isForeign ? 'The change itself is done. See what that file is, and move it away.' : undefined,
  });
}

/** The program's words about the failure, without its closing line, and without the name, which may be any text. */
function wordsOf({ stderr }: RunResult, { device }: Attempt): string {
  const nameless = device === undefined ? stderr : stderr.replaceAll(` on ${device} `, ' on ? ');
  return nameless.replace(/\n?Command failed\.\n$/u, '');
}

function withoutDriver(words: string, { operation, device }: Attempt): DmError | undefined {
  const open = /control: open failed: (.*)$/mu.exec(words) ?? /version ioctl on .* failed: (.*)$/mu.exec(words);
  const isDriverless = /No entry for device-mapper|Failure to communicate with kernel device-mapper|mknod failed/u;
  if (open === null && !isDriverless.test(words)) return undefined;
  const errno = errnoOfText(open?.[1] ?? /mknod failed: (.*)$/mu.exec(words)?.[1] ?? '');
  const hasNoRights = errno !== undefined && codeOfErrno(errno) === 'NOT_PERMITTED';
  const fault = hasNoRights ? 'rights are missing' : 'the kernel has no device-mapper driver';
  return new DmError(
    hasNoRights ? 'NOT_PERMITTED' : 'UNAVAILABLE',
    `device-mapper: ${attempted(operation, device)}: ${fault}${errno === undefined ? '' : ` (${errno})`}`,
    { errno, operation, subject: device, remedy: hasNoRights ? RIGHTS : DRIVER, cause: new Error(words) },
  );
}

/** What `dmsetup create` calls the three things it does. */
const STEPS: Readonly<Record<string, string>> = { create: 'create', reload: 'load', resume: 'resume' };

function withErrno(words: string, { operation, device = '', argument }: Attempt): DmError | undefined {
  const sent = argument === undefined ? {} : { argument };
  if (words === 'Device does not exist.') return commandError(operation, device, 'ENXIO', sent);
  const [failed, ...more] = [...words.matchAll(/^device-mapper: ([\w-]+) ioctl on .* failed: (.*)$/gmu)].map(
    ([, command = '', text = '']) => ({ command, errno: errnoOfText(text) }),
  );
  if (failed?.errno === undefined) return undefined;
  const step = operation === 'create' ? (STEPS[failed.command] ?? operation) : operation;
  const undo = more.find(({ command }) => command === 'remove')?.errno;
  return commandError(step, device, failed.errno, {
    ...(step === 'create' ? {} : sent),
    remedy: failed.errno === 'EACCES' ? RIGHTS : undefined,
    undoError: undo === undefined ? undefined : commandError('remove', device, undo),
  });
}

function inOtherWords(words: string, exitCode: number | undefined, { operation, device }: Attempt): DmError {
  const said = words.trim() === '' ? `it ended with status ${exitCode} and said nothing` : words.trim();
  // A program too old for an option says so, then how it is used.
  const isUnknown = /unrecognized option|Unknown command|Couldn't process command line/u.test(words);
  return new DmError(
    isUnknown ? 'NOT_SUPPORTED' : 'IO',
    `device-mapper: ${attempted(operation, device)}: dmsetup failed: ${said.split('\n', 3).join('; ')}`,
    {
      operation,
      subject: device,
      remedy: isUnknown ? 'This dmsetup is too old: 1.02.89 or newer is needed.' : undefined,
      cause: new Error(words),
    },
  );
}
