import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';

/** The files of a tree by their paths, each with its type, mode, owner and content, but without its times. */
export type Tree = Readonly<Record<string, string>>;

const TYPES = { 4: 'directory', 8: 'file', 10: 'symlink' } as const;

export async function treeOf(root: string): Promise<Tree> {
  const tree: Record<string, string> = {};
  for (const name of await readdir(root, { recursive: true })) {
    const path = join(root, name);
    const stat = await lstat(path);
    const type = TYPES[(stat.mode >> 12) as keyof typeof TYPES] ?? 'special';
    const content = type === 'file' ? digest(await readFile(path)) : type === 'symlink' ? await readlink(path) : '';
    tree[name] = line(type, stat.mode, stat.uid, stat.gid, content);
  }
  return tree;
}

/** The same of a tar that holds the whole of a tree. */
export async function treeOfTar(tar: Uint8Array): Promise<Tree> {
  const tree: Record<string, string> = {};
  const reader = extract();
  Readable.from([tar]).pipe(reader);
  for await (const entry of reader) {
    const { type, mode = 0, uid = 0, gid = 0, linkname } = entry.header;
    const name = nameOf(entry.header.name);
    const content = await buffer(entry);
    if (name === '') continue;
    if (type === 'link') tree[name] = tree[nameOf(linkname ?? '')] ?? 'a link to nothing';
    else tree[name] = line(type ?? '', mode, uid, gid, type === 'file' ? digest(content) : (linkname ?? ''));
  }
  return tree;
}

/** A tree without what Docker's init layer puts over an image, to mount things on. */
export function withoutInit(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([name]) => !INIT.includes(name)));
}

const INIT = [
  ...['.dockerenv', 'dev', 'dev/console', 'dev/pts', 'dev/shm', 'proc', 'sys'],
  ...['etc/hostname', 'etc/hosts', 'etc/mtab', 'etc/resolv.conf'],
];

function line(type: string, mode: number, uid: number, gid: number, content: string): string {
  return `${type} ${(mode & 0o7777).toString(8)} ${uid}:${gid} ${content}`.trimEnd();
}

const digest = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
const nameOf = (path: string): string => path.replace(/^(\.?\/)*/u, '').replace(/\/$/u, '');
