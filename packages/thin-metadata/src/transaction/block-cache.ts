import { DmError } from '@dmthin/domain';
import type { MetadataDevice } from '../device/metadata-device.ts';
import { BLOCK_SIZE, Block, type BlockKind } from '../format/block.ts';
import { seal, verify } from '../format/seal.ts';

/** Clean blocks kept at most: 64 MiB of them. */
const CLEAN_LIMIT = 16_384;

/**
 * The blocks of a metadata device in memory. A block is checked when it is first read, and sealed when it is written;
 * changed blocks stay here until then. A clean block never changes: what a commit wrote is only ever copied.
 */
export class BlockCache {
  readonly device: MetadataDevice;
  readonly #dirty = new Map<number, Block>();
  /** Two generations: what was not asked for while one generation filled up is forgotten. */
  #recent = new Map<number, Block>();
  #older = new Map<number, Block>();

  constructor(device: MetadataDevice) {
    this.device = device;
  }

  /** @throws DmError CORRUPT (ENOTBLK, EILSEQ): not a sound block of that kind. IO (EIO). */
  read(number: number, kind: BlockKind): Block {
    const block = this.#dirty.get(number) ?? this.#recent.get(number) ?? this.#recall(number, kind);
    // A block already known as another kind: the kernel's "validator mismatch".
    if (block.kind !== kind) throw mistaken(block, kind);
    return block;
  }

  /** A block of zeros that will be written with the next commit. */
  fresh(number: number, kind: BlockKind): Block {
    const block = new Block(number, kind);
    this.#dirty.set(number, block);
    return block;
  }

  /** Whether the block was made since the last commit, so that it may be changed where it is. */
  isDirty(number: number): boolean {
    return this.#dirty.has(number);
  }

  /** Writes what `isWanted` of the changed blocks, lowest first, and forgets which were changed. */
  writeBack(isWanted: (number: number) => boolean): void {
    for (const number of [...this.#dirty.keys()].sort((a, b) => a - b)) {
      const block = this.#dirty.get(number) as Block;
      if (!isWanted(number)) continue;
      this.write(block);
    }
    this.#dirty.clear();
  }

  /** Seals a block and writes it at once. */
  write(block: Block): void {
    seal(block);
    this.device.write(block.number, block.bytes);
    this.#older.delete(block.number);
    this.#keep(block);
  }

  #recall(number: number, kind: BlockKind): Block {
    let block = this.#older.get(number);
    if (block === undefined) {
      if (number >= this.device.nrBlocks) throw beyond(number, this.device.nrBlocks);
      block = new Block(number, kind, this.device.read(number).slice(0, BLOCK_SIZE));
      verify(block);
    }
    this.#keep(block);
    return block;
  }

  #keep(block: Block): void {
    if (this.#recent.size >= CLEAN_LIMIT / 2) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(block.number, block);
  }
}

function beyond(number: number, end: number): DmError {
  return new DmError('IO', `cannot read metadata block ${number}: the device ends after ${end} blocks`, {
    errno: 'EIO',
    operation: 'read',
    subject: `metadata block ${number}`,
    remedy: 'Give the metadata device its former size back, or repair the metadata (thin_repair).',
  });
}

function mistaken(block: Block, kind: BlockKind): DmError {
  return new DmError('CORRUPT', `metadata block ${block.number} is used as ${kind.name} and as ${block.kind.name}`, {
    errno: 'EINVAL',
    operation: 'read',
    subject: `metadata block ${block.number}`,
    remedy: 'Take the pool down and check its metadata (thin_check).',
  });
}
