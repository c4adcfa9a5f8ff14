import { crc32 } from 'node:zlib';
import { DmError } from '@dmthin/domain';
import type { BlockHandle } from '@dmthin/ports';
import { BlockMap } from './block-map.ts';
import { type Directory, decodeDirectory } from './directory.ts';
import type { Content, Inode } from './inode.ts';
import { decodeOverflow, decodeRecord, type OverflowHead } from './inode-record.ts';
import { BLOCK_SIZE, POINTERS_PER_BLOCK, RECORD_SIZE, RECORDS_PER_BLOCK, ROOT_INODE, SUPERBLOCKS } from './layout.ts';
import { decodePointers, decodeSuperblock, type Pointer, type Superblock } from './superblock.ts';

/** What a filesystem needs of its device. Offsets and lengths in bytes. */
export type DiskDevice = Pick<BlockHandle, 'size' | 'read' | 'write' | 'discard' | 'flush'>;

const CHUNK = 1 << 20;

/** A fake filesystem as it was last committed to its device. Changes go through a `DiskTransaction`. */
export class DiskFilesystem {
  readonly device: DiskDevice;
  readonly map: BlockMap;
  readonly inodes: Map<number, Inode>;
  /** Where the blocks of the inode table are. */
  readonly table: Pointer[];
  superblock: Superblock;

  private constructor(device: DiskDevice, superblock: Superblock) {
    this.device = device;
    this.superblock = superblock;
    this.map = new BlockMap(superblock.blocks);
    this.inodes = new Map();
    this.table = [];
  }

  /** The current superblock of `device`; undefined where it has none of ours. */
  static superblock(device: DiskDevice): Superblock | undefined {
    const found = SUPERBLOCKS.filter((block) => device.size >= (block + 1) * BLOCK_SIZE)
      .map((block) => decodeSuperblock(device.read(block * BLOCK_SIZE, BLOCK_SIZE)))
      .filter((superblock) => superblock !== undefined);
    return found.reduce<Superblock | undefined>(
      (newest, one) => (newest === undefined || one.generation > newest.generation ? one : newest),
      undefined,
    );
  }

  /** A filesystem without a single inode, of which nothing is on the device yet. */
  static empty(device: DiskDevice, superblock: Pick<Superblock, 'type' | 'uuid' | 'blocks'>): DiskFilesystem {
    return new DiskFilesystem(device, { ...superblock, generation: 0n, tableBlocks: 0, maps: [] });
  }

  /**
   * Reads everything but the files' contents.
   * @throws DmError CORRUPT: metadata that is not what was written. IO.
   */
  static load(device: DiskDevice, superblock: Superblock): DiskFilesystem {
    const filesystem = new DiskFilesystem(device, superblock);
    filesystem.#loadTable();
    filesystem.#loadInodes();
    if (filesystem.inodes.get(ROOT_INODE)?.kind !== 'directory') throw damaged('it has no root directory');
    return filesystem;
  }

  get type(): Superblock['type'] {
    return this.superblock.type;
  }

  /** @throws DmError CORRUPT: no such inode. */
  inode(number: number): Inode {
    const inode = this.inodes.get(number);
    if (inode === undefined) throw damaged(`inode ${number} is not there`);
    return inode;
  }

  /** The entries of a directory. */
  directory(inode: Inode): Directory {
    return decodeDirectory(this.readAll(inode.content));
  }

  /** All of a content that fits in memory: a directory, the target of a link. */
  readAll(content: Content): Uint8Array {
    const bytes = new Uint8Array(content.size);
    for (const { offset, data } of this.pieces(content)) bytes.set(data, offset);
    return bytes;
  }

  /** The stored parts of a content in order, at most 1 MiB each; what lies between them is zero. */
  *pieces(content: Content): Generator<{ readonly offset: number; readonly data: Uint8Array }> {
    if (content.inline !== undefined) yield { offset: 0, data: content.inline };
    for (const { logical, physical, count } of content.extents)
      for (let done = 0; done < count * BLOCK_SIZE; done += CHUNK) {
        const offset = logical * BLOCK_SIZE + done;
        const length = Math.min(CHUNK, count * BLOCK_SIZE - done);
        const data = this.device.read(physical * BLOCK_SIZE + done, length);
        yield { offset, data: data.subarray(0, Math.max(0, Math.min(length, content.size - offset))) };
      }
  }

  #loadTable(): void {
    for (const pointer of this.superblock.maps) {
      const left = this.superblock.tableBlocks - this.table.length;
      this.table.push(...decodePointers(this.#metadata(pointer), Math.min(POINTERS_PER_BLOCK, left)));
    }
  }

  #loadInodes(): void {
    this.table.forEach((pointer, index) => {
      const block = this.#metadata(pointer);
      for (let slot = 0; slot < RECORDS_PER_BLOCK; slot++) {
        const record = decodeRecord(block.subarray(slot * RECORD_SIZE, (slot + 1) * RECORD_SIZE));
        if (record === undefined) continue;
        const inode = record.overflow === undefined ? record.inode : this.#withOverflow(record.inode, record.overflow);
        for (const { physical, count } of inode.content.extents) this.#take(physical, count);
        this.inodes.set(index * RECORDS_PER_BLOCK + slot, inode);
      }
    });
  }

  #withOverflow(inode: Inode, head: OverflowHead): Inode {
    const blocks: number[] = [];
    const bytes = new Uint8Array(head.length);
    let block = head.block;
    for (let at = 0; at < head.length; at += BLOCK_SIZE - 4) {
      this.#take(block, 1);
      blocks.push(block);
      const data = this.device.read(block * BLOCK_SIZE, BLOCK_SIZE);
      bytes.set(data.subarray(4, 4 + Math.min(BLOCK_SIZE - 4, head.length - at)), at);
      block = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
    }
    if (crc32(bytes) !== head.checksum) throw damaged(`the extents at block ${head.block} have the wrong checksum`);
    const { extents, attributes } = decodeOverflow(bytes);
    const { inline, size } = inode.content;
    return {
      ...inode,
      content: { size, inline, extents },
      attributes,
      overflow: { blocks, length: head.length, checksum: head.checksum },
    };
  }

  #metadata({ block, checksum }: Pointer): Uint8Array {
    this.#take(block, 1);
    const bytes = this.device.read(block * BLOCK_SIZE, BLOCK_SIZE);
    if (crc32(bytes) !== checksum) throw damaged(`block ${block} has the wrong checksum`);
    return bytes;
  }

  #take(start: number, count: number): void {
    if (start + count > this.map.blocks) throw damaged(`block ${start + count - 1} lies beyond its end`);
    this.map.take(start, count);
  }
}

function damaged(why: string): DmError {
  return new DmError('CORRUPT', `the filesystem is damaged: ${why}`);
}
