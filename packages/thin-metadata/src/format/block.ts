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

/** Room for one block, which may be used again for another. */
export interface BlockMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** One metadata block in memory. `number` is where it lies, in metadata blocks. */
export class Block implements BlockMemory {
  readonly number: number;
  readonly kind: BlockKind;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Made since the last commit, so that it may be changed where it is, and has to be written. */
  isDirty = false;

  constructor(number: number, kind: BlockKind, memory: BlockMemory = blankMemory()) {
    this.number = number;
    this.kind = kind;
    this.bytes = memory.bytes;
    this.view = memory.view;
  }
}

function blankMemory(): BlockMemory {
  const buffer = new ArrayBuffer(BLOCK_SIZE);
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer) };
}
