import { DmError } from '@dmthin/domain';
import { BLOCK_SIZE } from '../format/block.ts';
import type { MetadataDevice } from './metadata-device.ts';

const ZEROS = new Uint8Array(BLOCK_SIZE);

/** A metadata device in memory; blocks never written read as zero and take no room. */
export class MemoryMetadataDevice implements MetadataDevice {
  #nrBlocks: number;
  readonly #blocks = new Map<number, Uint8Array>();

  constructor(nrBlocks: number) {
    this.#nrBlocks = nrBlocks;
  }

  get nrBlocks(): number {
    return this.#nrBlocks;
  }

  /** Gives the device another size; what lay beyond a smaller one is gone. */
  resize(nrBlocks: number): void {
    this.#nrBlocks = nrBlocks;
    for (const block of this.#blocks.keys()) if (block >= nrBlocks) this.#blocks.delete(block);
  }

  read(block: number): Uint8Array {
    this.#demand(block, 'read');
    return this.#blocks.get(block) ?? ZEROS;
  }

  write(block: number, bytes: Uint8Array): void {
    this.#demand(block, 'write');
    const kept = this.#blocks.get(block);
    if (kept === undefined) this.#blocks.set(block, bytes.slice());
    else kept.set(bytes);
  }

  flush(): void {}

  /** A device of the same content that goes its own way from here. */
  copy(): MemoryMetadataDevice {
    const copy = new MemoryMetadataDevice(this.#nrBlocks);
    for (const [block, bytes] of this.#blocks) copy.#blocks.set(block, bytes.slice());
    return copy;
  }

  #demand(block: number, operation: string): void {
    if (block >= 0 && block < this.#nrBlocks) return;
    throw new DmError(
      'IO',
      `cannot ${operation} metadata block ${block}: the device ends after ${this.#nrBlocks} blocks`,
      {
        errno: 'EIO',
        operation,
        subject: `metadata block ${block}`,
      },
    );
  }
}
