import { chmodSync, lchownSync } from 'node:fs';
import { ERRNO } from '@dmthin/domain';
import { callLibc, cString, type LibcArgument, makeNode, type NodeType } from '@dmthin/libc';
import type { FilePath } from '@dmthin/ports';
import { attempt, must, systemError } from '../error/system-error.ts';

export interface SpecialFile {
  readonly type: NodeType;
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
}

export function makeSpecialFile(path: FilePath, { type, mode, major, minor }: SpecialFile): void {
  must('make node', shown(path), makeNode(path, type, mode, { major, minor }));
  // mknod(2) applies the process's umask, a layer has none.
  attempt('make node', shown(path), () => chmodSync(fsPath(path), mode));
}

export function changeOwner(path: FilePath, uid: number, gid: number): void {
  attempt('change owner of', shown(path), () => lchownSync(fsPath(path), uid, gid));
}

/** undefined: it is not set, or the filesystem has no attributes. */
export function readAttribute(path: FilePath, name: string): Uint8Array | undefined {
  return sized('lgetxattr', `attribute ${name} of`, path, [cString(name)]);
}

export function writeAttribute(path: FilePath, name: string, value: Uint8Array): void {
  const reply = callLibc('lsetxattr', cString(path), cString(name), value, value.length, 0);
  if (reply.result === -1) throw systemError(`write attribute ${name} of`, shown(path), reply.errno);
}

export function listAttributes(path: FilePath): readonly string[] {
  const names = sized('llistxattr', 'list attributes of', path, []) ?? new Uint8Array();
  return Buffer.from(names)
    .toString('utf8')
    .split('\0')
    .filter((name) => name !== '')
    .sort();
}

const UNSET: readonly number[] = [ERRNO.ENODATA, ERRNO.EOPNOTSUPP];

/** Calls a function that fills a buffer, with one as large as it says it needs; the value may grow in between. */
function sized(
  name: 'lgetxattr' | 'llistxattr',
  operation: string,
  path: FilePath,
  args: readonly LibcArgument[],
): Uint8Array | undefined {
  for (;;) {
    const size = callLibc(name, cString(path), ...args, 0, 0);
    if (UNSET.includes(size.errno)) return undefined;
    const value = new Uint8Array(must(operation, shown(path), size));
    if (value.length === 0) return value;
    const filled = callLibc(name, cString(path), ...args, value, value.length);
    if (filled.errno === ERRNO.ERANGE) continue;
    if (UNSET.includes(filled.errno)) return undefined;
    return value.subarray(0, must(operation, shown(path), filled));
  }
}

function fsPath(path: FilePath): string | Buffer {
  return typeof path === 'string' ? path : Buffer.from(path);
}

function shown(path: FilePath): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString('utf8');
}
