import { chmodSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { systemErrno } from '../error/host-error.ts';
import { type BytePath, childPath, fsPath } from './byte-path.ts';
import type { TimeSlice } from './time-slice.ts';

/** Deletes a directory with all that is in it, whatever its modes; succeeds where there is none. */
export async function removeTree(directory: BytePath, slice: TimeSlice): Promise<void> {
  await emptyTree(directory, slice);
  try {
    rmdirSync(fsPath(directory));
  } catch (error) {
    if (systemErrno(error) !== 'ENOENT') throw error;
  }
}

async function emptyTree(directory: BytePath, slice: TimeSlice): Promise<void> {
  for (const [name, isDirectory] of entriesOf(directory)) {
    await slice.breathe();
    const path = childPath(directory, name);
    if (isDirectory) await emptyTree(path, slice);
    withWriting(directory, () => (isDirectory ? rmdirSync : unlinkSync)(fsPath(path)));
  }
}

function entriesOf(directory: BytePath): [name: string, isDirectory: boolean][] {
  try {
    return withWriting(directory, () =>
      readdirSync(fsPath(directory), { withFileTypes: true, encoding: 'latin1' }).map((entry) => [
        entry.name,
        entry.isDirectory(),
      ]),
    );
  } catch (error) {
    if (systemErrno(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Does something in a directory whose modes may forbid it. */
function withWriting<Result>(directory: BytePath, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (systemErrno(error) !== 'EACCES') throw error;
    chmodSync(fsPath(directory), 0o700);
    return action();
  }
}
