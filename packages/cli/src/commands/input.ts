import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { codeOfErrno, DmError, ERRNO, type ErrnoName } from '@dmthin/domain';

/** What a command reads: `size` in bytes, where it is known before. */
export interface Input {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly size?: number;
}

/**
 * Opens a file, or standard input for `-`. Nothing is read before it is asked for, and waiting ends when `signal` fires.
 * @throws DmError NOT_FOUND, NOT_PERMITTED, IO: it cannot be read. INVALID_ARGUMENT: a directory, or a terminal.
 */
export async function openInput(file: string, signal: AbortSignal): Promise<Input> {
  if (file === '-') return { chunks: standardInput(signal) };
  const facts = await stat(file).catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  if (facts.isDirectory())
    throw new DmError('INVALID_ARGUMENT', `${file} is a directory, not a tar`, {
      subject: file,
      remedy: `Pack it on the way: tar -C ${file} -c . | dmthin import ID -`,
    });
  const chunks = readUntil(signal, file, () => createReadStream(file, { highWaterMark: 1 << 20 }));
  return facts.isFile() ? { chunks, size: facts.size } : { chunks };
}

function standardInput(signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (process.stdin.isTTY)
    throw new DmError('INVALID_ARGUMENT', 'standard input is a terminal, and a layer was expected from it', {
      remedy: 'Pipe one in: dmthin diff web-1 | dmthin apply web-2, or < layer.tar.',
    });
  return readUntil(signal, 'standard input', () => process.stdin);
}

async function* readUntil(signal: AbortSignal, name: string, open: () => Readable): AsyncIterable<Uint8Array> {
  try {
    yield* addAbortSignal(signal, open());
  } catch (cause) {
    if (signal.aborted) throw new DmError('ABORTED', `reading ${name} was interrupted`, { subject: name, cause });
    throw unreadable(name, cause);
  }
}

function unreadable(name: string, cause: unknown): DmError {
  const errno = (cause as NodeJS.ErrnoException).code ?? '';
  const known = errno in ERRNO ? (errno as ErrnoName) : undefined;
  return new DmError(known === undefined ? 'IO' : codeOfErrno(known), `${name} cannot be read: ${errno}`, {
    errno: known,
    subject: name,
    cause,
    remedy: 'Name a file that this user may read, or - for standard input.',
  });
}
