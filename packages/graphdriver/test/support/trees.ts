import { chmod, link, lutimes, mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { statFile } from '#src/file/file-stat';
import { readEntries } from '#src/file/read-directory';
import { hostPath, joinPath, type RawPath, rawPath, rawPathOfText } from '#src/path/raw-path';

/** A tree as a value: names in latin1, one character a byte. */
export type Tree = { readonly [name: string]: Node };
export type Node =
  | { readonly type: 'file'; readonly content: string; readonly mode: number; readonly mtime: number }
  | { readonly type: 'symlink'; readonly target: string; readonly mtime: number }
  | { readonly type: 'directory'; readonly inside: Tree; readonly mode: number; readonly mtime: number };

export const file = (content: string, mode = 0o644, mtime = 1_700_000_000): Node => ({
  type: 'file',
  content,
  mode,
  mtime,
});
export const directory = (inside: Tree, mode = 0o755, mtime = 1_700_000_000): Node => ({
  type: 'directory',
  inside,
  mode,
  mtime,
});

export async function writeTree(root: RawPath, tree: Tree): Promise<void> {
  for (const [name, node] of Object.entries(tree)) {
    const path = joinPath(root, name as RawPath);
    const host = hostPath(path);
    if (node.type === 'symlink') await symlink(Buffer.from(node.target, 'latin1'), host);
    else if (node.type === 'file') {
      await writeFile(host, Buffer.from(node.content, 'latin1'));
      await chmod(host, node.mode);
    } else {
      await mkdir(host);
      await writeTree(path, node.inside);
      await chmod(host, node.mode);
    }
    await lutimes(host, node.mtime, node.mtime);
  }
}

export async function readTree(root: RawPath): Promise<Tree> {
  const tree: Record<string, Node> = {};
  for (const { name, stat } of await readEntries(root)) {
    const path = joinPath(root, name);
    const mtime = Number(stat.modifiedNs / 1_000_000_000n);
    if (stat.type === 'directory')
      tree[name] = { type: 'directory', inside: await readTree(path), mode: stat.permissions, mtime };
    else if (stat.type === 'symlink')
      tree[name] = { type: 'symlink', target: rawPath(await readlink(hostPath(path), 'buffer')), mtime };
    else tree[name] = { type: 'file', content: rawPath(await readFile(hostPath(path))), mode: stat.permissions, mtime };
  }
  return tree;
}

/** Which paths are names of the same file: the groups of two and more, sorted. */
export async function linkGroups(root: RawPath): Promise<string[][]> {
  const groups = new Map<bigint, string[]>();
  const walk = async (directory: RawPath, prefix: string): Promise<void> => {
    for (const { name, stat } of await readEntries(directory)) {
      if (stat.type === 'directory') await walk(joinPath(directory, name), `${prefix}/${name}`);
      else if (stat.links > 1) groups.set(stat.inode, [...(groups.get(stat.inode) ?? []), `${prefix}/${name}`]);
    }
  };
  await walk(root, '');
  return [...groups.values()].filter((group) => group.length > 1).sort();
}

export async function hardLink(root: RawPath, from: string, to: string): Promise<void> {
  await link(hostPath(joinPath(root, rawPathOfText(from))), hostPath(joinPath(root, rawPathOfText(to))));
}

export const exists = async (root: RawPath, path: string): Promise<boolean> =>
  (await statFile(joinPath(root, rawPathOfText(path)))) !== undefined;

/** Small trees over few names, so that two of them share many. */
export function trees(): fc.Arbitrary<Tree> {
  const name = fc.constantFrom('a', 'b', 'c', 'a.b', 'ab', 'a-', 'x'.repeat(120), '\xe4\xff', '\xc3\xa4', ' ', 'wh.a');
  const mtime = fc.integer({ min: 1_600_000_000, max: 1_600_000_050 });
  const { tree } = fc.letrec<{ tree: Tree; node: Node }>((tie) => ({
    tree: fc.dictionary(name, tie('node'), { maxKeys: 4, noNullPrototype: true }),
    node: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.record({
        type: fc.constant('file' as const),
        content: fc.string({ unit: 'binary-ascii', maxLength: 30 }),
        mode: fc.constantFrom(0o644, 0o600, 0o755, 0o4755, 0o2755),
        mtime,
      }),
      fc.record({
        type: fc.constant('symlink' as const),
        target: fc.constantFrom('a', '/etc/x', 'b/c', '\xff'),
        mtime,
      }),
      fc.record({
        type: fc.constant('directory' as const),
        inside: tie('tree'),
        mode: fc.constantFrom(0o755, 0o700, 0o1777, 0o555),
        mtime,
      }),
    ),
  }));
  return tree;
}
