import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Every entry below a directory: its kind, mode, owner, and content. */
export async function treeOf(directory: string, below = ''): Promise<Readonly<Record<string, string>>> {
  const tree: Record<string, string> = {};
  for (const name of await readdir(join(directory, below))) {
    const path = join(below, name);
    const stat = await lstat(join(directory, path));
    const content = stat.isDirectory() ? '' : await contentOf(join(directory, path), stat.isSymbolicLink());
    tree[path] = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${content}`;
    if (stat.isDirectory()) Object.assign(tree, await treeOf(directory, path));
  }
  return tree;
}

function contentOf(path: string, isLink: boolean): Promise<string> {
  return isLink ? readlink(path) : readFile(path, 'utf8');
}
