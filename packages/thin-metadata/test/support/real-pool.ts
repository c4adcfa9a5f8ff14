import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SECTOR = 512;
/** Sectors of a data block. */
const BLOCK_SECTORS = 128;
const METADATA_SECTORS = 16_384;
/** Blocks of the data device, and of each thin device. */
export const DATA_BLOCKS = 8192;
export const THIN_BLOCKS = 4096;

/** A pool of the kernel on loop devices, driven by dmsetup. */
export class RealPool {
  readonly metadata: string;
  readonly #data: string;
  readonly #name: string = `dmthin-metadata-${process.pid}`;
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'dmthin-pool-'));

  constructor() {
    this.metadata = this.#loop('metadata', METADATA_SECTORS);
    this.#data = this.#loop('data', DATA_BLOCKS * BLOCK_SECTORS);
  }

  activate(): void {
    const line = `thin-pool ${this.metadata} ${this.#data} ${BLOCK_SECTORS} 0 1 skip_block_zeroing`;
    dmsetup('create', this.#name, '--table', `0 ${DATA_BLOCKS * BLOCK_SECTORS} ${line}`);
  }

  deactivate(): void {
    dmsetup('remove', this.#name);
  }

  message(text: string): void {
    dmsetup('message', this.#name, '0', text);
  }

  /** Writes one byte into each of some blocks, which maps them. */
  write(thin: number, begin: number, count: number, step: number): void {
    this.#withThin(thin, (path) => {
      const descriptor = openSync(path, constants.O_WRONLY | constants.O_SYNC);
      for (let index = 0; index < count; index++) {
        const block = (begin + index * step) % THIN_BLOCKS;
        writeSync(descriptor, Uint8Array.of(thin), 0, 1, block * BLOCK_SECTORS * SECTOR);
      }
      closeSync(descriptor);
    });
  }

  discard(thin: number, begin: number, count: number): void {
    const bytes = (blocks: number): string => `${blocks * BLOCK_SECTORS * SECTOR}`;
    const length = Math.min(count, THIN_BLOCKS - begin);
    this.#withThin(thin, (path) => execFileSync('blkdiscard', ['-o', bytes(begin), '-l', bytes(length), path]));
  }

  remove(): void {
    for (const path of [this.metadata, this.#data]) execFileSync('losetup', ['--detach', path]);
    rmSync(this.#directory, { recursive: true });
  }

  #withThin(thin: number, use: (path: string) => void): void {
    const name = `${this.#name}-${thin}`;
    dmsetup('create', name, '--table', `0 ${THIN_BLOCKS * BLOCK_SECTORS} thin /dev/mapper/${this.#name} ${thin}`);
    try {
      use(`/dev/mapper/${name}`);
    } finally {
      dmsetup('remove', '--retry', name);
    }
  }

  #loop(name: string, sectors: number): string {
    const file = join(this.#directory, name);
    writeFileSync(file, '');
    truncateSync(file, sectors * SECTOR);
    return execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
  }
}

function dmsetup(...words: readonly string[]): void {
  execFileSync('dmsetup', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
