import { DmError } from '@dmthin/domain';
import type { BlockDevice } from '@dmthin/ports';
import type { MetadataDevice } from '@dmthin/thin-metadata';

const BLOCK = 4096;
/** Blocks fetched at once. A btree's leaves lie near each other at first, and far from each other in a pool of some age. */
const RUN = 16;

/** What a reader is told who asks for a block that is not here yet. */
class NotFetched extends Error {
  readonly block: number;

  constructor(block: number) {
    super(`metadata block ${block} is not fetched yet`);
    this.block = block;
  }
}

/**
 * Lets a synchronous reader of metadata work over a block device that answers later: where it asks for a block that is
 * not here, the blocks around it are fetched, and it is called again.
 * @param read must change nothing, may be called many times, and does well to go on where it was.
 * @throws DmError IO (EIO), and what `read` throws.
 */
export async function readFetched<T>(device: BlockDevice, read: (metadata: MetadataDevice) => T): Promise<T> {
  const runs = new Map<number, Uint8Array>();
  const nrBlocks = Number(device.size / BigInt(BLOCK));
  const metadata: MetadataDevice = {
    nrBlocks,
    read(block) {
      const run = runs.get(Math.floor(block / RUN));
      if (run === undefined) throw new NotFetched(block);
      const start = (block % RUN) * BLOCK;
      return run.subarray(start, start + BLOCK);
    },
    write: refuse,
    flush: refuse,
  };
  for (;;) {
    try {
      return read(metadata);
    } catch (error) {
      const missing = notFetchedIn(error);
      if (missing === undefined) throw error;
      const first = missing.block - (missing.block % RUN);
      const length = Math.min(RUN, nrBlocks - first) * BLOCK;
      runs.set(first / RUN, await device.read(BigInt(first * BLOCK), length));
    }
  }
}

/** The reader may have wrapped it. */
function notFetchedIn(error: unknown): NotFetched | undefined {
  if (error instanceof NotFetched) return error;
  return error instanceof Error ? notFetchedIn(error.cause) : undefined;
}

function refuse(): never {
  throw new DmError('NOT_PERMITTED', "a live pool's metadata is only read");
}
