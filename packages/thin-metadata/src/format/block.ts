/** Bytes in a metadata block (THIN_METADATA_BLOCK_SIZE, 8 sectors). */
export const BLOCK_SIZE = 4096;

/** One of the kinds of metadata block; each has its own constant in the checksum, so that one is not taken for another. */
export interface BlockKind {
  readonly name: string;
  /** XORed into the checksum (*_CSUM_XOR). */
  readonly salt: number;
  /** Says what is wrong before the checksum is looked at (the superblock's magic). */
  readonly recognise?: (block: Block) => string | undefined;
  /** Says what is wrong with content whose checksum is right. */
  readonly examine?: (block: Block) => string | undefined;
}

/** One metadata block in memory. `number` is where it lies, in metadata blocks. */
export class Block {
  readonly number: number;
  readonly kind: BlockKind;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(number: number, kind: BlockKind, bytes: Uint8Array = new Uint8Array(BLOCK_SIZE)) {
    this.number = number;
    this.kind = kind;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, BLOCK_SIZE);
  }
}
