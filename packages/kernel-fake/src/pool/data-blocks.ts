import type { BlockNode } from '../block/block-node.ts';

/** The bytes of a pool's data blocks, reached through the pool's own device as the kernel reaches them. */
export class DataBlocks {
  readonly node: BlockNode;
  /** In bytes. */
  readonly blockSize: number;
  #zeroes: Uint8Array | undefined;
  #copy: Uint8Array | undefined;

  constructor(node: BlockNode, blockSize: number) {
    this.node = node;
    this.blockSize = blockSize;
  }

  read(block: number, within: number, into: Uint8Array): void {
    this.node.read(block * this.blockSize + within, into);
  }

  write(block: number, within: number, data: Uint8Array, inPages?: boolean): void {
    this.node.write(block * this.blockSize + within, data, inPages);
  }

  /** Zeroes the block from `within` on. */
  zero(block: number, within = 0): void {
    this.#zeroes ??= new Uint8Array(this.blockSize);
    this.write(block, within, within === 0 ? this.#zeroes : this.#zeroes.subarray(within));
  }

  copy(from: number, to: number): void {
    this.#copy ??= new Uint8Array(this.blockSize);
    this.read(from, 0, this.#copy);
    this.write(to, 0, this.#copy);
  }

  /** Copies the first `length` bytes of `origin` from `offset` on into a block. */
  copyFrom(origin: BlockNode, offset: number, length: number, to: number): void {
    const bytes = new Uint8Array(length);
    origin.read(offset, bytes);
    this.write(to, 0, bytes);
  }
}
