import { once } from 'node:events';
import { lstat, mkdir, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { codeOfErrno, DmError, ERRNO, type ErrnoName } from '@dmthin/domain';

/** sun_path without its closing zero (unix(7)). */
const MAX_PATH_BYTES = 107;

/**
 * Listens on a unix socket that its owner alone may use. The file of a server that is gone gives way; anything else that
 * is there stays. A descriptor that is passed is one that was made on `path` by somebody else, whose it stays.
 *
 * @throws DmError INVALID_ARGUMENT: too long for a socket. ALREADY_EXISTS: something else than a socket is there.
 * BUSY: somebody listens on it. NOT_PERMITTED, READ_ONLY, NO_SPACE: it cannot be made.
 */
export async function listenOnSocket(server: Server, path: string, passed?: number): Promise<void> {
  if (passed !== undefined) return listenOnPassed(server, path, passed);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new DmError('INVALID_ARGUMENT', `${path} is longer than the ${MAX_PATH_BYTES} bytes of a socket's path`, {
      subject: path,
      remedy: 'Choose a directory nearer to the root.',
    });
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await removeStale(path);
    await listenPrivately(server, path);
  } catch (error) {
    throw socketError(error, path);
  }
}

async function listenOnPassed(server: Server, path: string, descriptor: number): Promise<void> {
  try {
    server.listen({ fd: descriptor });
    await once(server, 'listening');
  } catch (error) {
    throw socketError(error, path);
  }
}

/** The mode is the umask's from the first moment on: a later chmod(2) would leave one at which others may connect. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  await once(server, 'listening');
}

async function removeStale(path: string): Promise<void> {
  const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stat === undefined) return;
  if (!stat.isSocket())
    throw new DmError('ALREADY_EXISTS', `${path} is there and is no socket`, {
      errno: 'EEXIST',
      operation: 'listen',
      subject: path,
      remedy: 'Choose another path, or move away what is there.',
    });
  if (await isListenedOn(path))
    throw new DmError('BUSY', `another process listens on ${path}`, {
      operation: 'listen',
      subject: path,
      remedy: 'Stop it first (another dmthin serve?), or choose another path.',
    });
  await unlink(path);
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      // Its queue is full: somebody is there, and slow.
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}

function socketError(error: unknown, path: string): DmError {
  if (DmError.is(error)) return error;
  const name = (error as NodeJS.ErrnoException).code ?? '';
  const errno = name in ERRNO ? (name as ErrnoName) : undefined;
  const code = name === 'EADDRINUSE' ? 'BUSY' : errno === undefined ? 'IO' : codeOfErrno(errno);
  return new DmError(code, `cannot listen on ${path}: ${name || String(error)}`, {
    errno,
    operation: 'listen',
    subject: path,
    remedy: 'Choose a path in a directory that this user may write to.',
    cause: error,
  });
}
