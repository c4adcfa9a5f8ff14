import { DmError, formatDeviceNumber } from '@dmthin/domain';
import type { MetadataDevice } from '@dmthin/thin-metadata';
import type { BlockNode } from '../block/block-node.ts';
import { Refusal } from '../errno/refusal.ts';

const BLOCK = 4096;
/** THIN_METADATA_MAX_SECTORS: what a pool can use of its metadata device, in blocks. */
const MAX_BLOCKS = 255 * 16_320;

/** How many metadata blocks a pool uses of that device, now. */
export function metadataBlocksOf(node: BlockNode): number {
  return Math.min(Math.floor(node.size / BLOCK), MAX_BLOCKS);
}

/** A block device as the metadata code reads and writes it. */
export class NodeMetadataDevice implements MetadataDevice {
  readonly #node: BlockNode;

  constructor(node: BlockNode) {
    this.#node = node;
  }

  get nrBlocks(): number {
    return metadataBlocksOf(this.#node);
  }

  read(block: number): Uint8Array {
    const bytes = new Uint8Array(BLOCK);
    this.#attempt('read', block, () => this.#node.read(block * BLOCK, bytes));
    return bytes;
  }

  write(block: number, bytes: Uint8Array): void {
    this.#attempt('write', block, () => this.#node.write(block * BLOCK, bytes));
  }

  flush(): void {
    this.#attempt('flush', 0, () => this.#node.flush());
  }

  #attempt(operation: string, block: number, access: () => void): void {
    try {
      access();
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause;
      const subject = `metadata device ${formatDeviceNumber(this.#node.number)}`;
      throw new DmError('IO', `cannot ${operation} block ${block} of ${subject}`, {
        errno: 'EIO',
        operation,
        subject,
        cause,
      });
    }
  }
}
