import type { ThinId } from '@dmthin/domain';
import type { Block } from '../format/block.ts';
import { dataBlockAt } from '../format/mapping.ts';
import { entryCount, valueOffset } from '../format/node.ts';
import type { PoolReader, ThinEntry } from '../read/pool-reader.ts';
import { resultOf, type Steps } from '../read/steps.ts';
import { Tally } from '../space-map/tally.ts';

/** A thin device, and how much of what it maps only it does. In data blocks. */
export interface ListedDevice extends ThinEntry {
  /** Mapped by this device alone: what deleting it would free. */
  readonly exclusiveBlocks: number;
  /** Mapped by others too. */
  readonly sharedBlocks: number;
}

/**
 * Every thin device of a pool, lowest id first, with what it shares. Memory grows with the blocks mapped, four bytes each;
 * nodes that devices share are read twice at most. @throws DmError CORRUPT, IO.
 */
export function listDevices(pool: PoolReader): ListedDevice[] {
  return resultOf(walkSharing(pool));
}

/** The same, block by block. */
export function* walkSharing(pool: PoolReader): Steps<never, ListedDevice[]> {
  const devices: ThinEntry[] = [];
  for (const step of pool.walkDevices()) {
    if (typeof step === 'number') yield step;
    else devices.push(step);
  }
  const owners = new Owners(devices.length);
  for (const [index, { id }] of devices.entries()) yield* countDevice(pool, id, index, owners);
  return devices.map((thin, index) => {
    const exclusiveBlocks = owners.exclusive(index);
    return { ...thin, exclusiveBlocks, sharedBlocks: thin.mappedBlocks - exclusiveBlocks };
  });
}

/** Nodes whose blocks are all known to be shared are not walked again: once seen by one device, twice by two. */
function* countDevice(pool: PoolReader, id: ThinId, index: number, owners: Owners): Steps<never> {
  for (const step of pool.walkMappingsOnce(id, owners.seen)) {
    if (typeof step === 'number') yield step;
    else countLeaf(step, index, owners);
  }
}

function countLeaf(leaf: Block, index: number, owners: Owners): void {
  const count = entryCount(leaf);
  const { view } = leaf;
  for (let entry = 0; entry < count; entry++) owners.add(dataBlockAt(view, valueOffset(leaf, entry)), index);
}

const SHARED = 0xffff_ffff;
/** Small, so that mappings all over a large device do not take a large page each. */
const PER_PAGE = 512;

/** Who maps each data block: nobody, one device, or several. */
class Owners {
  /** How many devices came by each node. */
  readonly seen = new Tally();
  readonly #exclusive: Float64Array;
  readonly #pages = new Map<number, Uint32Array>();
  #page: Uint32Array = new Uint32Array();
  #pageNumber = -1;

  constructor(devices: number) {
    this.#exclusive = new Float64Array(devices);
  }

  exclusive(device: number): number {
    return this.#exclusive[device] as number;
  }

  add(dataBlock: number, device: number): void {
    const number = Math.floor(dataBlock / PER_PAGE);
    if (number !== this.#pageNumber) this.#open(number);
    const at = dataBlock - number * PER_PAGE;
    const owner = this.#page[at] as number;
    if (owner === SHARED) return;
    if (owner === 0) {
      this.#page[at] = device + 1;
      this.#add(device, 1);
    } else {
      this.#page[at] = SHARED;
      this.#add(owner - 1, -1);
    }
  }

  #add(device: number, blocks: number): void {
    this.#exclusive[device] = (this.#exclusive[device] as number) + blocks;
  }

  #open(number: number): void {
    this.#page = this.#pages.get(number) ?? new Uint32Array(PER_PAGE);
    this.#pages.set(number, this.#page);
    this.#pageNumber = number;
  }
}
