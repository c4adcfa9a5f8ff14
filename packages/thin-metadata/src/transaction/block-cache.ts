import { DmError } from '@dmthin/domain';
import type { MetadataDevice } from '../device/metadata-device.ts';
import { Block, type BlockKind, type BlockMemory } from '../format/block.ts';
import { seal, verify } from '../format/seal.ts';

/** Clean blocks kept at most, where nothing else is asked for: 64 MiB of them. */
const CLEAN_LIMIT = 16_384;
const SPARE_LIMIT = 64;

/**
 * The blocks of a metadata device in memory. A block is checked when it is first read, and sealed when it is written;
 * changed blocks stay here until then. A clean block never changes: what a commit wrote is only ever copied.
 */
export class BlockCache {
  readonly #device: MetadataDevice;
  readonly #cleanLimit: number;
  readonly #dirty = new Map<number, Block>();
  /** Two generations: what was not asked for while one generation filled up is forgotten. */
  #recent = new Map<number, Block>();
  #older = new Map<number, Block>();
  /** Blocks that were not sound: the device is not asked for them again, whatever it would answer by now (dm-bufio.c). */
  readonly #unsound = new Map<number, Uint8Array>();
  /** Clean blocks that are free once the changes are committed. */
  #superseded: number[] = [];
  /** Memory of such blocks, to be used again while the processor still has it at hand. */
  readonly #spare: BlockMemory[] = [];

  /** `cleanLimit`: how many clean blocks are kept at most. */
  constructor(device: MetadataDevice, cleanLimit: number = CLEAN_LIMIT) {
    this.#device = device;
    this.#cleanLimit = cleanLimit;
  }

  /** @throws DmError CORRUPT (ENOTBLK, EILSEQ): not a sound block of that kind. IO (EIO). */
  read(number: number, kind: BlockKind): Block {
    const block = this.#recent.get(number) ?? this.#recall(number, kind);
    // A block already known as another kind: the kernel's "validator mismatch".
    if (block.kind !== kind) throw mistaken(block, kind);
    return block;
  }

  /** A block of zeros that will be written with the next commit. */
  zeroed(number: number, kind: BlockKind): Block {
    const memory = this.#spare.pop();
    memory?.bytes.fill(0);
    return this.#addDirty(new Block(number, kind, memory));
  }

  /** A copy of a block that will be written with the next commit. */
  copied(number: number, original: Block): Block {
    const block = new Block(number, original.kind, this.#spare.pop());
    block.bytes.set(original.bytes);
    return this.#addDirty(block);
  }

  /** Tells that nothing refers to a block any more, so that its memory can be used again after the next commit. */
  supersede(number: number): void {
    this.#superseded.push(number);
  }

  /** Writes those of the changed blocks that `isWanted`, lowest first; none counts as changed any more. */
  writeBack(isWanted: (number: number) => boolean): void {
    for (const block of [...this.#dirty.values()].sort((a, b) => a.number - b.number)) {
      if (isWanted(block.number)) this.write(block);
      else this.#forget(block.number);
    }
    this.#dirty.clear();
    for (const number of this.#superseded) this.#forget(number);
    this.#superseded = [];
  }

  /** Seals a block and writes it at once. */
  write(block: Block): void {
    seal(block);
    this.#device.write(block.number, block.bytes);
    block.isDirty = false;
    this.#keep(block);
  }

  #recall(number: number, kind: BlockKind): Block {
    const block = this.#dirty.get(number) ?? this.#older.get(number) ?? this.#load(number, kind);
    this.#keep(block);
    return block;
  }

  #load(number: number, kind: BlockKind): Block {
    if (number >= this.#device.nrBlocks) throw beyond(number, this.#device.nrBlocks);
    const block = new Block(number, kind, this.#spare.pop());
    block.bytes.set(this.#unsound.get(number) ?? this.#device.read(number));
    try {
      verify(block);
    } catch (failure) {
      if (this.#unsound.size >= this.#cleanLimit) this.#unsound.clear();
      this.#unsound.set(number, block.bytes);
      throw failure;
    }
    this.#unsound.delete(number);
    return block;
  }

  #addDirty(block: Block): Block {
    block.isDirty = true;
    this.#unsound.delete(block.number);
    this.#dirty.set(block.number, block);
    this.#keep(block);
    return block;
  }

  #keep(block: Block): void {
    if (this.#recent.size >= this.#cleanLimit / 2) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(block.number, block);
  }

  #forget(number: number): void {
    const block = this.#recent.get(number) ?? this.#older.get(number);
    this.#recent.delete(number);
    this.#older.delete(number);
    if (block !== undefined && this.#spare.length < SPARE_LIMIT) this.#spare.push(block);
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
