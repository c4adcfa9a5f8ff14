import { Buffer } from 'node:buffer';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DmError } from '@dmthin/domain';
import { hostError, systemErrno } from '../error/host-error.ts';
import { type BytePath, fsPath, shownPath } from './byte-path.ts';

const run = promisify(execFile);
const LETTERS = { character: 'c', block: 'b', fifo: 'p' } as const;

export interface SpecialFile {
  readonly type: keyof typeof LETTERS;
  /** Permission bits. */
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
}

/**
 * Makes a special file with mknod(1); Node.js has no call for it.
 * @throws DmError NOT_PERMITTED (EPERM), ALREADY_EXISTS (EEXIST), NOT_FOUND, NOT_SUPPORTED: this platform cannot.
 */
export async function makeSpecialFile(path: BytePath, node: SpecialFile): Promise<void> {
  const shown = shownPath(path);
  const isText = Buffer.compare(Buffer.from(shown, 'utf8'), fsPath(path)) === 0;
  if (process.platform === 'win32' || !isText)
    throw new DmError('NOT_SUPPORTED', `makeNode ${shown}: this platform cannot make a ${node.type} of that name`, {
      operation: 'makeNode',
      subject: shown,
    });
  const numbers = node.type === 'fifo' ? [] : [`${node.major}`, `${node.minor}`];
  try {
    // -m sets the bits past the umask.
    await run('mknod', ['-m', node.mode.toString(8), '--', shown, LETTERS[node.type], ...numbers], {
      env: { ...process.env, LC_ALL: 'C' },
    });
  } catch (error) {
    if (systemErrno(error) === 'ENOENT')
      throw new DmError('NOT_SUPPORTED', `makeNode ${shown}: there is no mknod program here`, { cause: error });
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    const errno = said.includes('File exists') ? 'EEXIST' : said.includes('No such file') ? 'ENOENT' : 'EPERM';
    throw hostError('makeNode', shown, errno, said, { cause: error });
  }
}
