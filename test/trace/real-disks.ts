import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callLibc } from '@dmthin/libc';
import type { TraceDisk } from './call.ts';

const BLKFLSBUF = 0x1261; // linux/fs.h
const SECTOR = 512;

/** Loop devices over sparse files of a tmpfs; one without sectors is a loop device without a file. */
export class RealDisks {
  readonly disks: readonly TraceDisk[];
  readonly #folder: string;

  constructor(disks: readonly TraceDisk[]) {
    this.disks = disks;
    this.#folder = mkdtempSync(join(tmpdir(), 'dmthin-disks-'));
    for (const disk of this.#attached()) {
      writeFileSync(this.#file(disk), '');
      truncateSync(this.#file(disk), disk.sectors * SECTOR);
      execFileSync('losetup', [disk.path, this.#file(disk)]);
    }
  }

  /** Makes them all zero again. */
  clear(): void {
    for (const disk of this.#attached()) {
      flushCache(disk.path);
      truncateSync(this.#file(disk), 0);
      truncateSync(this.#file(disk), disk.sectors * SECTOR);
      flushCache(disk.path);
    }
  }

  close(): void {
    for (const { path } of this.#attached()) execFileSync('losetup', ['--detach', path]);
    rmSync(this.#folder, { recursive: true });
  }

  #attached(): readonly TraceDisk[] {
    return this.disks.filter(({ sectors }) => sectors > 0);
  }

  #file({ number }: TraceDisk): string {
    return join(this.#folder, `${number.minor}`);
  }
}

function flushCache(path: string): void {
  const fd = openSync(path, 'r+');
  fsyncSync(fd);
  callLibc('ioctl', fd, BLKFLSBUF, 0);
  closeSync(fd);
}
