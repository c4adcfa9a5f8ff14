import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

/** One thing somebody does to a tree; what does not fit what is there is not done. */
export interface Edit {
  readonly action:
    | 'write'
    | 'patch'
    | 'truncate'
    | 'mkdir'
    | 'symlink'
    | 'link'
    | 'rename'
    | 'remove'
    | 'chmod'
    | 'touch';
  readonly path: readonly string[];
  readonly other: readonly string[];
  readonly size: number;
  readonly fill: number;
  readonly mode: number;
}

const paths: fc.Arbitrary<string[]> = fc.array(fc.constantFrom('a', 'b', 'c', 'dé', 'e'), {
  minLength: 1,
  maxLength: 3,
});

export const edits: fc.Arbitrary<Edit> = fc.record({
  action: fc.constantFrom<Edit['action'][]>(
    'write',
    'write',
    'write',
    'patch',
    'patch',
    'truncate',
    'mkdir',
    'mkdir',
    'symlink',
    'link',
    'rename',
    'remove',
    'chmod',
    'touch',
  ),
  path: paths,
  other: paths,
  size: fc.oneof(fc.nat(300), fc.nat(20_000), fc.nat(200_000)),
  fill: fc.nat(255),
  mode: fc.constantFrom(0o644, 0o755, 0o600, 0o444, 0o4755, 0o1777, 0o700, 0o000, 0o555),
});

/** Does it; whatever the real file system refuses is left undone. */
export function edit(root: string, each: Edit): void {
  try {
    ACTIONS[each.action](join(root, ...each.path), each, join(root, ...each.other));
  } catch {
    return;
  }
}

const ACTIONS: Readonly<Record<Edit['action'], (at: string, edit: Edit, to: string) => void>> = {
  write: (at, { size, fill }) => writeFileSync(at, Buffer.alloc(size, fill)),
  patch: (at, { fill }) => {
    const bytes = readFileSync(at);
    bytes.fill(fill, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 100);
    writeFileSync(at, bytes);
  },
  truncate: (at, { size }) => truncateSync(at, size),
  mkdir: (at) => mkdirSync(at),
  symlink: (at, { other }) => symlinkSync(other.join('/'), at),
  link: (at, _, to) => linkSync(at, to),
  rename: (at, _, to) => renameSync(at, to),
  remove: (at) => rmSync(at, { recursive: true }),
  chmod: (at, { mode }) => {
    if (!lstatSync(at).isSymbolicLink()) chmodSync(at, mode);
  },
  touch: (at, { size }) => lutimesSync(at, size, 1_000_000_000 + size * 1000.5),
};

/** All that a tree is, as text lines by path. */
export function describeTree(root: string): string[] {
  const links = new Map<bigint, string>();
  const lines: string[] = [];
  const visit = (path: string): void => {
    const at = join(root, path);
    const { mode, uid, gid, mtimeNs, ino, nlink, size } = lstatSync(at, { bigint: true });
    const first = links.get(ino) ?? path;
    links.set(ino, first);
    const isDirectory = (mode & 0o170000n) === 0o040000n;
    const facts = `${path} ${mode.toString(8)} ${uid}:${gid} ${mtimeNs}ns`;
    if (isDirectory) {
      lines.push(facts);
      readable(at, Number(mode), 0o500, () => readdirSync(at).sort()).forEach((name) => {
        visit(join(path, name));
      });
    } else if ((mode & 0o170000n) === 0o120000n) lines.push(`${facts} -> ${readlinkSync(at)}`);
    else {
      const bytes = readable(at, Number(mode), 0o400, () => readFileSync(at));
      lines.push(`${facts} ${size} ${createHash('md5').update(bytes).digest('hex')} =${first} ${nlink}`);
    }
  };
  visit('.');
  return lines;
}

function readable<Result>(path: string, mode: number, needed: number, read: () => Result): Result {
  const isOpen = (mode & needed) === needed;
  if (!isOpen) chmodSync(path, (mode & 0o7777) | 0o700);
  try {
    return read();
  } finally {
    if (!isOpen) chmodSync(path, mode & 0o7777);
  }
}
