import { DmError } from '@dmthin/domain';
import type { MetadataDevice } from '../device/metadata-device.ts';
import type { Block } from '../format/block.ts';
import { DETAILS_SIZE } from '../format/device-details.ts';
import { MAPPING_SIZE } from '../format/mapping.ts';
import { addressAt, entryCount, isInternal, NODE, valueSize } from '../format/node.ts';
import { BlockCache } from '../transaction/block-cache.ts';

const UNKNOWN = 0;
const OTHER = 1;
const INTERNAL = 2;
const DETAILS = 3;
/** A leaf of eight-byte values: mappings, or the roots of their trees. */
const EIGHT = 4;
const CACHED_BLOCKS = 2048;

/** Every sound btree node of a device, whatever refers to it, and what kind of tree it belongs to. */
export class NodeScan {
  readonly #cache: BlockCache;
  readonly #kinds: Uint8Array;
  /** Nodes that an internal node refers to. */
  readonly #children: Uint8Array;
  /** How many entries lie in the leaves below, once that was counted. */
  readonly #entries: Float64Array;

  constructor(device: MetadataDevice) {
    this.#cache = new BlockCache(device, CACHED_BLOCKS);
    this.#kinds = new Uint8Array(device.nrBlocks);
    this.#children = new Uint8Array(device.nrBlocks);
    this.#entries = new Float64Array(device.nrBlocks).fill(-1);
    for (let number = 1; number < device.nrBlocks; number++) this.#classify(number);
    for (let number = 1; number < device.nrBlocks; number++)
      if (this.#kinds[number] === INTERNAL) this.#kinds[number] = this.#kindBelow(number);
  }

  get nrBlocks(): number {
    return this.#kinds.length;
  }

  /** The roots of trees of device details. */
  detailsRoots(): number[] {
    return this.#roots(DETAILS);
  }

  /** The roots of trees that may be trees of roots. */
  topRoots(): number[] {
    return this.#roots(EIGHT);
  }

  /** Whether a node belongs to a tree of mappings, or of roots. */
  isMappings(number: number): boolean {
    return this.#kinds[number] === EIGHT;
  }

  /** How many mappings lie below a node; what cannot be read counts as none. */
  entriesBelow(number: number, depth = 0): number {
    if (!this.isMappings(number) || depth > MAX_DEPTH) return 0;
    const known = this.#entries[number] as number;
    if (known >= 0) return known;
    // Known while it is counted, so that a tree that goes in circles ends.
    this.#entries[number] = 0;
    const node = this.#read(number) as Block;
    const count = entryCount(node);
    let entries = isInternal(node) ? 0 : count;
    if (isInternal(node))
      for (let index = 0; index < count; index++) entries += this.entriesBelow(addressAt(node, index), depth + 1);
    this.#entries[number] = entries;
    return entries;
  }

  #roots(kind: number): number[] {
    const roots: number[] = [];
    for (let number = 1; number < this.#kinds.length; number++)
      if (this.#kinds[number] === kind && this.#children[number] === 0) roots.push(number);
    return roots;
  }

  #classify(number: number): void {
    const node = this.#read(number);
    if (node === undefined) return;
    if (isInternal(node)) {
      this.#kinds[number] = INTERNAL;
      for (let index = 0; index < entryCount(node); index++) {
        const child = addressAt(node, index);
        if (child < this.#children.length) this.#children[child] = 1;
      }
    } else {
      const size = valueSize(node);
      this.#kinds[number] = size === DETAILS_SIZE ? DETAILS : size === MAPPING_SIZE ? EIGHT : OTHER;
    }
  }

  /** The kind of an internal node is that of the first leaf that can be reached. */
  #kindBelow(root: number): number {
    let number = root;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const kind = this.#kinds[number] ?? UNKNOWN;
      if (kind !== INTERNAL) return kind;
      const node = this.#read(number);
      if (node === undefined || entryCount(node) === 0) return UNKNOWN;
      number = firstOf(node, (child) => (this.#kinds[child] ?? UNKNOWN) !== UNKNOWN);
    }
    return UNKNOWN;
  }

  #read(number: number): Block | undefined {
    try {
      return this.#cache.read(number, NODE);
    } catch (error) {
      if (!(error instanceof DmError)) throw error;
      return undefined;
    }
  }
}

/** More levels than any tree has. */
const MAX_DEPTH = 64;

function firstOf(node: Block, isWanted: (child: number) => boolean): number {
  const count = entryCount(node);
  for (let index = 0; index < count; index++) if (isWanted(addressAt(node, index))) return addressAt(node, index);
  return addressAt(node, 0);
}
