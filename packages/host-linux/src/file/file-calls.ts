import {
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DmError } from '@dmthin/domain';
import type { NewDirectory } from '@dmthin/ports';
import { attempt, errnoOf, systemError } from '../error/system-error.ts';

/** @throws DmError as `SmallFiles` and `LastingFiles` have it, like all of these. */
export function ensureDirectory(path: string, { mode, owner }: NewDirectory): void {
  const found = attempt('look at', path, () => lstatSync(path, { throwIfNoEntry: false }));
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw systemError('make directory', path, 'ENOTDIR', 'something else has its name');
  attempt('make directory', path, () => {
    mkdirSync(path, { recursive: true, mode });
    // mkdir's mode is cut by the umask.
    chmodSync(path, mode);
    if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
  });
}

export function removeDirectory(path: string): void {
  unlessMissing('remove directory', path, () => rmdirSync(path));
}

export function ensureText(path: string, text: string, mode: number): void {
  const found = unlessMissing('read', path, () => readFileSync(path, 'utf8'));
  if (found !== text) attempt('write', path, () => writeFileSync(path, text, { mode }));
}

export function replaceFile(path: string, draft: string, content: Uint8Array): void {
  try {
    attempt('save', path, () => writeWhole(draft, content));
    attempt('save', path, () => renameSync(draft, path));
  } catch (error) {
    try {
      unlessMissing('remove', draft, () => unlinkSync(draft));
    } catch (undoError) {
      if (DmError.is(error)) throw new DmError(error.code, error.message, { ...error, cause: error.cause, undoError });
    }
    throw error;
  }
  syncDirectory(dirname(path));
}

export function removeFile(path: string): void {
  unlessMissing('remove', path, () => unlinkSync(path));
  // Also where it was gone: what removed it may have died before it got that far.
  syncDirectory(dirname(path));
}

function writeWhole(path: string, content: Uint8Array): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeFileSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function syncDirectory(path: string): void {
  attempt('sync', path, () => {
    const fd = openSync(path, constants.O_RDONLY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  });
}

function unlessMissing<Result>(operation: string, path: string, call: () => Result): Result | undefined {
  return attempt(operation, path, () => {
    try {
      return call();
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
}
