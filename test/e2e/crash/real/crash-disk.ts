import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { print } from '../../../guest/print.ts';
import { loopDevice } from '../../support/guest-pool.ts';

const SIZE_MIB = 2048;
const DISK = 'crash-disk';

/**
 * All of a machine's storage on one disk: a file system for roots, and partitions for pools. A power cut is one moment for
 * all of it: from then on nothing that is written arrives, what was not synced yet included (dm-flakey, drop_writes).
 */
export class CrashDisk {
  /** Where the file system is mounted. */
  readonly mountPoint: string;
  readonly #file: string;
  readonly #loop: string;
  readonly #parts: string[] = [];
  #used = 0;

  constructor(directory: string) {
    this.mountPoint = join(directory, 'on-disk');
    mkdirSync(this.mountPoint);
    this.#file = join(directory, 'disk');
    this.#loop = loopDevice(this.#file, SIZE_MIB);
    print('dmsetup', 'create', DISK, '--table', this.#good);
    this.part('crash-root', 1024);
    print('mkfs.ext4', '-q', '-E', 'nodiscard', '/dev/mapper/crash-root');
    this.mount();
  }

  /** A new partition; its node. */
  part(name: string, mebibytes: number): string {
    const [start, length] = [this.#used * 2048, mebibytes * 2048];
    print('dmsetup', 'create', name, '--table', `0 ${length} linear /dev/mapper/${DISK} ${start}`);
    this.#used += mebibytes;
    this.#parts.push(name);
    return `/dev/mapper/${name}`;
  }

  mount(): void {
    print('mount', '/dev/mapper/crash-root', this.mountPoint);
  }

  unmount(): void {
    print('umount', this.mountPoint);
  }

  cutPower(): void {
    this.#swap(`0 ${SIZE_MIB * 2048} flakey ${this.#loop} 0 0 10000 1 drop_writes`);
  }

  /** Once nobody has anything of the disk any more. */
  power(): void {
    this.#swap(this.#good);
  }

  discard(): void {
    this.unmount();
    for (const name of [...this.#parts.toReversed(), DISK]) print('dmsetup', 'remove', '--retry', name);
    print('losetup', '--detach', this.#loop);
    rmSync(this.#file);
  }

  get #good(): string {
    return `0 ${SIZE_MIB * 2048} linear ${this.#loop} 0`;
  }

  #swap(table: string): void {
    print('dmsetup', 'suspend', '--nolockfs', '--noflush', DISK);
    print('dmsetup', 'load', DISK, '--table', table);
    print('dmsetup', 'resume', DISK);
  }
}
