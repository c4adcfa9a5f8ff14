import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { print } from '../../guest/print.ts';

/** A thin pool of this machine's kernel that somebody else made: over loop devices, over sparse files in a directory. */
export class GuestPool {
  readonly name: string;
  readonly data: string;
  readonly metadata: string;
  #dataMiB: number;

  constructor(name: string, directory: string, { dataMiB, metadataMiB }: { dataMiB: number; metadataMiB: number }) {
    this.name = name;
    this.#dataMiB = dataMiB;
    this.data = loopDevice(join(directory, `${name}-data`), dataMiB);
    this.metadata = loopDevice(join(directory, `${name}-metadata`), metadataMiB);
    this.#create();
  }

  /** Has thin_check look at its metadata, while nobody uses it. */
  check(): void {
    print('dmsetup', 'remove', this.name);
    print('thin_check', this.metadata);
    this.#create();
  }

  remove(): void {
    print('dmsetup', 'remove', this.name);
    for (const device of [this.data, this.metadata]) print('losetup', '--detach', device);
  }

  #create(): void {
    const table = `0 ${this.#dataMiB * 2048} thin-pool ${this.metadata} ${this.data} 128 0 1 skip_block_zeroing`;
    print('dmsetup', 'create', this.name, '--table', table);
  }
}

/** A loop device over a new sparse file. */
export function loopDevice(file: string, mebibytes: number): string {
  const descriptor = openSync(file, 'wx');
  ftruncateSync(descriptor, mebibytes * 2 ** 20);
  closeSync(descriptor);
  return print('losetup', '--find', '--show', file);
}
