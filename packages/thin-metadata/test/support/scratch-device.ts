import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MetadataDevice, openMetadataFile } from '@dmthin/thin-metadata';

const BLOCK = 4096;

/** Metadata where programs can get at it. */
export interface ScratchDevice {
  readonly path: string;
  /** Makes it a copy of a device, zeros behind its end. */
  fill(device: MetadataDevice): void;
  remove(): void;
}

/** A device of that many blocks: a file, or a loop device where files take no direct I/O (tmpfs), which the tools want. */
export function scratchDevice(blocks: number): ScratchDevice {
  const directory = mkdtempSync(join(tmpdir(), 'dmthin-metadata-'));
  const file = join(directory, 'metadata');
  writeFileSync(file, '');
  truncateSync(file, blocks * BLOCK);
  const isLoop = !takesDirectIo(file);
  const path = isLoop ? execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim() : file;
  return {
    path,
    fill(device) {
      using target = openMetadataFile(path, { write: true });
      for (let block = 0; block < target.nrBlocks; block++)
        target.write(block, block < device.nrBlocks ? device.read(block) : ZEROS);
    },
    remove() {
      if (isLoop) execFileSync('losetup', ['--detach', path]);
      rmSync(directory, { recursive: true });
    },
  };
}

function takesDirectIo(file: string): boolean {
  try {
    closeSync(openSync(file, constants.O_RDONLY | constants.O_DIRECT));
    return true;
  } catch {
    return false;
  }
}

const ZEROS = new Uint8Array(BLOCK);
