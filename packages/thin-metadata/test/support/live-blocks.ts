import { checkMetadata, type MemoryMetadataDevice } from '@dmthin/thin-metadata';
import { BITMAP } from '#src/format/bitmap';
import { Block, type BlockKind, type BlockMemory } from '#src/format/block';
import { METADATA_INDEX } from '#src/format/metadata-index';
import { NODE } from '#src/format/node';
import { verify } from '#src/format/seal';
import { SUPERBLOCK } from '#src/format/superblock';

const KINDS: readonly BlockKind[] = [SUPERBLOCK, NODE, BITMAP, METADATA_INDEX];

/** The blocks that a check of a sound pool reads: all that are in use. */
export function liveBlocks(device: MemoryMetadataDevice): readonly number[] {
  const read = new Set<number>();
  const watched = {
    nrBlocks: device.nrBlocks,
    read: (block: number): Uint8Array => {
      read.add(block);
      return device.read(block);
    },
    write: () => {},
    flush: () => {},
  };
  checkMetadata(watched);
  return [...read];
}

/** What kind of block lies there, in a pool that is sound. */
export function kindOf(device: MemoryMetadataDevice, number: number): BlockKind {
  const kind = KINDS.find((candidate) => isSound(device, number, candidate));
  if (kind === undefined) throw new Error(`block ${number} is of no kind`);
  return kind;
}

export function isSound(device: MemoryMetadataDevice, number: number, kind: BlockKind): boolean {
  try {
    verify(new Block(number, kind, memoryOf(device.read(number).slice())));
    return true;
  } catch {
    return false;
  }
}

export function memoryOf(bytes: Uint8Array): BlockMemory {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}
