import { execFile } from 'node:child_process';
import { lchown, lstat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DmError } from '@dmthin/domain';
import type { FileAttributes, FilePath } from '@dmthin/ports';

const run = promisify(execFile);

/** File attributes over a real directory: nodes by mknod(1), extended attributes in memory by inode. */
export class DirectoryAttributes implements FileAttributes {
  readonly #values = new Map<string, Map<string, Uint8Array>>();

  async makeNode(path: FilePath, node: Parameters<FileAttributes['makeNode']>[1]): Promise<void> {
    const letter = { character: 'c', block: 'b', fifo: 'p' }[node.type];
    if (process.geteuid?.() !== 0 && node.type !== 'fifo')
      throw new DmError('NOT_PERMITTED', 'only root makes device nodes', { errno: 'EPERM' });
    const numbers = node.type === 'fifo' ? [] : [String(node.major), String(node.minor)];
    await run('mknod', ['-m', node.mode.toString(8), String(path), letter, ...numbers]);
  }

  async changeOwner(path: FilePath, uid: number, gid: number): Promise<void> {
    if (process.geteuid?.() === 0) await lchown(bytes(path), uid, gid);
  }

  async read(path: FilePath, name: string): Promise<Uint8Array | undefined> {
    return this.#values.get(await key(path))?.get(name);
  }

  async write(path: FilePath, name: string, value: Uint8Array): Promise<void> {
    const inode = await key(path);
    const values = this.#values.get(inode) ?? new Map<string, Uint8Array>();
    this.#values.set(inode, values.set(name, Uint8Array.from(value)));
  }

  async list(path: FilePath): Promise<readonly string[]> {
    return [...(this.#values.get(await key(path))?.keys() ?? [])];
  }
}

const bytes = (path: FilePath): string | Buffer => (typeof path === 'string' ? path : Buffer.from(path));

async function key(path: FilePath): Promise<string> {
  const { dev, ino } = await lstat(bytes(path), { bigint: true });
  return `${dev}:${ino}`;
}
