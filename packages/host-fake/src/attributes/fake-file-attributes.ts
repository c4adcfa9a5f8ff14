import { Buffer } from 'node:buffer';
import { lchown, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileAttributes, FilePath } from '@dmthin/ports';
import { asHostError, hostError, systemErrno } from '../error/host-error.ts';
import { bytePath, fsPath, shownPath } from '../mount/byte-path.ts';
import type { FakeMounts } from '../mount/fake-mounts.ts';
import { type FileFacts, lookAt } from '../mount/file-facts.ts';
import type { MountedTree } from '../mount/mounted-tree.ts';
import { makeSpecialFile, type SpecialFile } from '../mount/special-file.ts';

/** Owners and special files are the real files'; extended attributes are kept by the filesystem that is mounted there. */
export class FakeFileAttributes implements FileAttributes {
  readonly #mounts: FakeMounts;

  constructor(mounts: FakeMounts) {
    this.#mounts = mounts;
  }

  makeNode(path: FilePath, node: SpecialFile): Promise<void> {
    return makeSpecialFile(bytePath(path), node);
  }

  async changeOwner(path: FilePath, uid: number, gid: number): Promise<void> {
    try {
      if (process.platform !== 'win32') await lchown(fsPath(bytePath(path)), uid, gid);
    } catch (error) {
      if (systemErrno(error) !== 'EPERM' && systemErrno(error) !== 'EINVAL')
        throw asHostError('changeOwner', shownPath(bytePath(path)), error);
    }
  }

  async read(path: FilePath, name: string): Promise<Uint8Array | undefined> {
    const { tree, facts } = await this.#find('read attribute of', path);
    return (await tree?.attributes(facts))?.get(name);
  }

  async write(path: FilePath, name: string, value: Uint8Array): Promise<void> {
    const { tree, facts } = await this.#find('write attribute of', path);
    if (tree === undefined)
      throw hostError(
        'write attribute of',
        shownPath(bytePath(path)),
        'EOPNOTSUPP',
        'it is in no mount of the fake host',
      );
    if (tree.settings.isReadOnly)
      throw hostError('write attribute of', shownPath(bytePath(path)), 'EROFS', 'it is mounted read-only');
    await tree.setAttribute(facts, name, value);
  }

  async list(path: FilePath): Promise<readonly string[]> {
    const { tree, facts } = await this.#find('list attributes of', path);
    return [...((await tree?.attributes(facts))?.keys() ?? [])].sort();
  }

  async #find(operation: string, path: FilePath): Promise<{ tree: MountedTree | undefined; facts: FileFacts }> {
    const bytes = bytePath(path);
    const facts = lookAt(bytes);
    if (facts === undefined) throw hostError(operation, shownPath(bytes), 'ENOENT', 'there is no such file');
    return { tree: await this.#treeOf(bytes), facts };
  }

  async #treeOf(bytes: string): Promise<MountedTree | undefined> {
    const path = resolve(fsPath(bytes).toString('utf8'));
    const tree = this.#mounts.containing(path);
    if (tree !== undefined) return tree;
    // The path may lead into a mount through links. A directory name that is not UTF-8 cannot be that of a mount.
    const parent = await realpath(dirname(path)).catch(() => dirname(path));
    return this.#mounts.containing(join(parent, Buffer.from(basename(path)).toString()));
  }
}
