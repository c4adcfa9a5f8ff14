import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { DmError } from '@dmthin/domain';
import type { BlockRun } from './block-map.ts';
import { type Directory, encodeDirectory } from './directory.ts';
import type { DiskFilesystem } from './disk-filesystem.ts';
import { appendExtent, type Content, type Extent, type Inode, type Overflow } from './inode.ts';
import { encodeOverflow, encodeRecord, needsOverflow } from './inode-record.ts';
import {
  BLOCK_SIZE,
  MAX_INLINE,
  MAX_MAP_BLOCKS,
  POINTERS_PER_BLOCK,
  RECORD_SIZE,
  RECORDS_PER_BLOCK,
  ROOT_INODE,
  SUPERBLOCKS,
} from './layout.ts';
import { encodePointers, encodeSuperblock, type Pointer, type Superblock } from './superblock.ts';

/** Blocks kept back from contents, so that a full filesystem can still note what was deleted. */
const reserveOf = (blocks: number): number => Math.min(4096, Math.max(16, Math.floor(blocks / 64)));

/** An inode to be written; where its extents and attributes overflow to is the transaction's affair. */
export type NewInode = Omit<Inode, 'overflow'>;

/**
 * A set of changes that reaches the device whole or not at all. Contents are written as they come, into free blocks;
 * `commit` writes the records and the superblock. One at a time per filesystem; after `commit` or `abandon` it is over.
 */
export class DiskTransaction {
  readonly #filesystem: DiskFilesystem;
  readonly #changed = new Map<number, Inode | undefined>();
  readonly #allocated: BlockRun[] = [];
  readonly #released: BlockRun[] = [];
  #nextInode = ROOT_INODE;
  #blocks: number;

  constructor(filesystem: DiskFilesystem) {
    this.#filesystem = filesystem;
    this.#blocks = filesystem.superblock.blocks;
  }

  get isEmpty(): boolean {
    return this.#changed.size === 0 && this.#blocks === this.#filesystem.superblock.blocks;
  }

  /** The inode as this transaction leaves it. */
  inode(number: number): Inode | undefined {
    return this.#changed.has(number) ? this.#changed.get(number) : this.#filesystem.inodes.get(number);
  }

  /** A number that no inode has; it is taken once `set` is called. */
  freeNumber(): number {
    while (this.inode(this.#nextInode) !== undefined) this.#nextInode++;
    return this.#nextInode++;
  }

  /** Uses more of the device from now on. */
  growTo(blocks: number): void {
    this.#filesystem.map.grow(blocks);
    this.#blocks = blocks;
  }

  /** @throws DmError NO_SPACE. */
  set(number: number, inode: NewInode): void {
    const before = this.inode(number);
    const same =
      before !== undefined &&
      before.content.extents === inode.content.extents &&
      before.attributes === inode.attributes;
    const overflow = same ? before.overflow : this.#writeOverflow(inode);
    if (before !== undefined && !same) this.#releaseOverflow(before);
    this.#changed.set(number, { ...inode, overflow });
  }

  remove(number: number): void {
    const before = this.inode(number);
    if (before === undefined) return;
    this.releaseContent(before.content);
    this.#releaseOverflow(before);
    this.#changed.set(number, undefined);
  }

  /** Notes that nothing uses these blocks any more; they are free after the commit. */
  releaseContent(content: Content): void {
    for (const { physical, count } of content.extents) this.release(physical, count);
  }

  release(start: number, count: number): void {
    this.#released.push({ start, count });
  }

  /** @throws DmError NO_SPACE. */
  directoryContent(directory: Directory, before?: Content): Content {
    return this.smallContent(encodeDirectory(directory), before);
  }

  /** A content that is at hand whole; replaces `before`. @throws DmError NO_SPACE. */
  smallContent(bytes: Uint8Array, before?: Content): Content {
    if (before !== undefined) this.releaseContent(before);
    if (bytes.length === 0) return { size: 0, extents: [] };
    if (bytes.length <= MAX_INLINE) return { size: bytes.length, inline: bytes, extents: [] };
    return { size: bytes.length, extents: this.writeBlocks(0, bytes, 'metadata') };
  }

  /**
   * Writes `data` into free blocks, as the blocks of a file from block `logical` on; the last is filled up with zeros.
   * @throws DmError NO_SPACE (ENOSPC): of the filesystem or of the pool below. IO.
   */
  writeBlocks(logical: number, data: Uint8Array, purpose: 'data' | 'metadata'): Extent[] {
    const extents: Extent[] = [];
    const count = Math.ceil(data.length / BLOCK_SIZE);
    for (let done = 0; done < count; ) {
      const run = this.#allocate(count - done, purpose);
      const part = data.subarray(done * BLOCK_SIZE, (done + run.count) * BLOCK_SIZE);
      this.#write(run.start, part.length === run.count * BLOCK_SIZE ? part : padded(part, run.count));
      appendExtent(extents, logical + done, run.start, run.count);
      done += run.count;
    }
    return extents;
  }

  /**
   * Makes the changes last. Resolves to the blocks that are free now.
   * @throws DmError NO_SPACE, IO: the filesystem is as it was before.
   */
  commit(): readonly BlockRun[] {
    const filesystem = this.#filesystem;
    let mayBeOut = false;
    try {
      const table = this.#writeTable();
      const maps = this.#writeMaps(table);
      const superblock = {
        ...filesystem.superblock,
        generation: filesystem.superblock.generation + 1n,
        blocks: this.#blocks,
        tableBlocks: table.length,
        maps,
      };
      filesystem.device.flush();
      this.#writeSuperblock(superblock, () => {
        mayBeOut = true;
      });
      filesystem.superblock = superblock;
      filesystem.table.splice(0, filesystem.table.length, ...table);
    } catch (error) {
      if (mayBeOut) this.#keepAside();
      this.abandon();
      throw error;
    }
    for (const [number, inode] of this.#changed)
      if (inode === undefined) filesystem.inodes.delete(number);
      else filesystem.inodes.set(number, inode);
    for (const { start, count } of this.#released) filesystem.map.release(start, count);
    return this.#released;
  }

  /** Calls `onDoubt` once it may be on the device, before that is sure. */
  #writeSuperblock(superblock: Superblock, onDoubt: () => void): void {
    const { device } = this.#filesystem;
    try {
      this.#write(SUPERBLOCKS[Number(superblock.generation % 2n)] as number, encodeSuperblock(superblock));
    } catch (error) {
      // A full pool or a suspended device has taken nothing; of a failing one nobody knows.
      if (!DmError.is(error, 'NO_SPACE', 'BUSY')) onDoubt();
      throw error;
    }
    onDoubt();
    device.flush();
  }

  /** Forgets the changes. */
  abandon(): void {
    const { map, superblock } = this.#filesystem;
    for (const { start, count } of this.#allocated.splice(0)) map.release(start, count);
    if (map.blocks !== superblock.blocks) map.grow(superblock.blocks);
  }

  /**
   * A superblock that may or may not have reached the device: the next one must be newer, and what this one points at
   * must stay as it is until the next one is there. Its blocks stay taken until the filesystem is loaded again.
   */
  #keepAside(): void {
    const { superblock } = this.#filesystem;
    this.#filesystem.superblock = { ...superblock, generation: superblock.generation + 1n };
    this.#allocated.length = 0;
  }

  #writeTable(): Pointer[] {
    const filesystem = this.#filesystem;
    const table = [...filesystem.table];
    const touched = new Set([...this.#changed.keys()].map((number) => Math.floor(number / RECORDS_PER_BLOCK)));
    for (let index = table.length; index < Math.max(...touched); index++) touched.add(index);
    for (const index of [...touched].sort((a, b) => a - b)) {
      const block = Buffer.alloc(BLOCK_SIZE);
      for (let slot = 0; slot < RECORDS_PER_BLOCK; slot++) {
        const inode = this.inode(index * RECORDS_PER_BLOCK + slot);
        if (inode !== undefined) block.set(encodeRecord(inode), slot * RECORD_SIZE);
      }
      const old = table[index];
      if (old !== undefined) this.release(old.block, 1);
      table[index] = this.#writePointed(block);
    }
    return table;
  }

  #writeMaps(table: readonly Pointer[]): Pointer[] {
    const before = this.#filesystem.superblock.maps;
    const count = Math.ceil(table.length / POINTERS_PER_BLOCK);
    if (count > MAX_MAP_BLOCKS) throw noSpace('it has as many files as it can have');
    return Array.from({ length: count }, (_, index) => {
      const part = table.slice(index * POINTERS_PER_BLOCK, (index + 1) * POINTERS_PER_BLOCK);
      const old = before[index];
      if (
        old !== undefined &&
        part.every((pointer, at) => pointer === this.#filesystem.table[index * POINTERS_PER_BLOCK + at])
      )
        return old;
      if (old !== undefined) this.release(old.block, 1);
      return this.#writePointed(encodePointers(part));
    });
  }

  #writePointed(bytes: Uint8Array): Pointer {
    const { start } = this.#allocate(1, 'metadata');
    this.#write(start, bytes);
    return { block: start, checksum: crc32(bytes) };
  }

  #writeOverflow(inode: NewInode): Overflow | undefined {
    if (!needsOverflow(inode)) return undefined;
    const bytes = encodeOverflow(inode);
    const blocks = Array.from(
      { length: Math.ceil(bytes.length / (BLOCK_SIZE - 4)) },
      () => this.#allocate(1, 'metadata').start,
    );
    blocks.forEach((block, index) => {
      const data = Buffer.alloc(BLOCK_SIZE);
      data.writeUInt32LE(blocks[index + 1] ?? 0, 0);
      data.set(bytes.subarray(index * (BLOCK_SIZE - 4), (index + 1) * (BLOCK_SIZE - 4)), 4);
      this.#write(block, data);
    });
    return { blocks, length: bytes.length, checksum: crc32(bytes) };
  }

  #releaseOverflow(inode: Inode): void {
    for (const block of inode.overflow?.blocks ?? []) this.release(block, 1);
  }

  #allocate(wanted: number, purpose: 'data' | 'metadata'): BlockRun {
    const { map } = this.#filesystem;
    const spare = purpose === 'data' ? map.free - reserveOf(map.blocks) : map.free;
    const run = spare > 0 ? map.allocate(Math.min(wanted, spare)) : undefined;
    if (run === undefined) throw noSpace(`all of its ${map.blocks} blocks are in use`);
    this.#allocated.push(run);
    return run;
  }

  #write(block: number, data: Uint8Array): void {
    this.#filesystem.device.write(block * BLOCK_SIZE, data);
  }
}

function padded(part: Uint8Array, blocks: number): Uint8Array {
  const whole = new Uint8Array(blocks * BLOCK_SIZE);
  whole.set(part);
  return whole;
}

function noSpace(why: string): DmError {
  return new DmError('NO_SPACE', `no space left on the filesystem: ${why}`, { errno: 'ENOSPC' });
}
