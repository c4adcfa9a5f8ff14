import { DmError } from '@dmthin/domain';
import type { BlockDevice, CancelSignal } from '@dmthin/ports';
import type { MetadataDevice, Steps } from '@dmthin/thin-metadata';
import { throwIfAborted } from '../wait/cancel-source.ts';

const BLOCK = 4096;
/** Blocks fetched at once. A btree's leaves lie near each other at first, and far from each other in a pool of some age. */
const RUN = 16;
/** Runs kept: 16 MiB. */
const RUNS_KEPT = 256;

/**
 * A block device of metadata for readers that do not wait: what they are about to read is fetched first. Memory does not
 * grow with the metadata.
 */
export class FetchedMetadata implements MetadataDevice {
  readonly nrBlocks: number;
  readonly #device: BlockDevice;
  /** The one used longest ago comes first. */
  readonly #runs = new Map<number, Uint8Array>();

  constructor(device: BlockDevice) {
    this.#device = device;
    this.nrBlocks = Number(device.size / BigInt(BLOCK));
  }

  /** Sees that the block can be read next; undefined: it can now. @throws DmError IO (EIO). */
  fetch(block: number): Promise<void> | undefined {
    const number = Math.floor(block / RUN);
    const kept = this.#runs.get(number);
    // A block beyond the end is the reader's to complain of.
    if (kept === undefined) return block < this.nrBlocks ? this.#load(number) : undefined;
    this.#runs.delete(number);
    this.#runs.set(number, kept);
    return undefined;
  }

  read(block: number): Uint8Array {
    const run = this.#runs.get(Math.floor(block / RUN));
    if (run === undefined) throw new DmError('IO', `metadata block ${block} was not fetched before it was read`);
    const start = (block % RUN) * BLOCK;
    return run.subarray(start, start + BLOCK);
  }

  write(): never {
    return refuse();
  }

  flush(): never {
    return refuse();
  }

  async #load(number: number): Promise<void> {
    const first = number * RUN;
    const length = Math.min(RUN, this.nrBlocks - first) * BLOCK;
    const run = await this.#device.read(BigInt(first * BLOCK), length);
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size < RUNS_KEPT) break;
      this.#runs.delete(oldest);
    }
    this.#runs.set(number, run);
  }
}

/** What the work comes to, each block fetched before it is read. @throws DmError ABORTED, IO, and what the work throws. */
export async function resultOf<Result>(
  metadata: FetchedMetadata,
  steps: Generator<unknown, Result>,
  signal?: CancelSignal,
): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (typeof value === 'number') await fetched(metadata, value, signal);
  }
}

/** What the work finds, each block fetched before it is read. @throws DmError as `resultOf`. */
export async function* itemsOf<Item extends object>(
  metadata: FetchedMetadata,
  steps: Steps<Item>,
  signal?: CancelSignal,
): AsyncGenerator<Item, void, undefined> {
  for (const step of steps) {
    if (typeof step === 'number') await fetched(metadata, step, signal);
    else yield step;
  }
}

/** Waits only where there is something to wait for. */
function fetched(
  metadata: FetchedMetadata,
  block: number,
  signal: CancelSignal | undefined,
): Promise<void> | undefined {
  throwIfAborted(signal, 'reading the metadata of a pool');
  return metadata.fetch(block);
}

function refuse(): never {
  throw new DmError('NOT_PERMITTED', "a live pool's metadata is only read");
}
