import type { MetadataDevice } from '../device/metadata-device.ts';
import { Block, type BlockKind, type BlockMemory } from '../format/block.ts';
import { seal } from '../format/seal.ts';
import { SUPERBLOCK_LOCATION } from '../format/superblock.ts';
import { noSpace } from '../space-map/no-space.ts';

/** Writes new blocks one behind the other, from the superblock on, each referred to once. */
export class BlockSequence {
  readonly #device: MetadataDevice;
  readonly #end: number;
  #next = SUPERBLOCK_LOCATION + 1;

  constructor(device: MetadataDevice, end: number) {
    this.#device = device;
    this.#end = end;
  }

  /** The block that is written next; all before it are taken. */
  get next(): number {
    return this.#next;
  }

  /** Seals and writes a block; `memory` is the caller's again. Returns where it lies. @throws DmError NO_SPACE, IO. */
  append(kind: BlockKind, memory: BlockMemory): number {
    const number = this.#next;
    if (number >= this.#end) throw noSpace('metadata', this.#end);
    const block = new Block(number, kind, memory);
    seal(block);
    this.#device.write(number, block.bytes);
    this.#next = number + 1;
    return number;
  }
}
