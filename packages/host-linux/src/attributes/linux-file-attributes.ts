import type { FileAttributes, FilePath } from '@dmthin/ports';
import type { HostThreads } from '../thread/host-threads.ts';
import type { SpecialFile } from './attribute-calls.ts';

/** Owners, device nodes and extended attributes of this machine's files. */
export class LinuxFileAttributes implements FileAttributes {
  readonly #threads: HostThreads;

  constructor(threads: HostThreads) {
    this.#threads = threads;
  }

  makeNode(path: FilePath, node: SpecialFile): Promise<void> {
    return this.#threads.run('makeSpecialFile', [path, node]);
  }

  changeOwner(path: FilePath, uid: number, gid: number): Promise<void> {
    return this.#threads.run('changeOwner', [path, uid, gid]);
  }

  read(path: FilePath, name: string): Promise<Uint8Array | undefined> {
    return this.#threads.run('readAttribute', [path, name]);
  }

  write(path: FilePath, name: string, value: Uint8Array): Promise<void> {
    return this.#threads.run('writeAttribute', [path, name, value]);
  }

  list(path: FilePath): Promise<readonly string[]> {
    return this.#threads.run('listAttributes', [path]);
  }
}
