import { DmError } from '@dmthin/domain';
import type { BlockDevice } from '@dmthin/ports';

/** So much is written at a time where zeros are. */
const ZEROS = new Uint8Array(1 << 20);

/** A block of the pool in memory, since only a part of it was written. */
interface BlockAtHand {
  readonly begin: bigint;
  readonly content: Uint8Array;
  isChanged: boolean;
}

/**
 * Writes ranges into a thin device whose pool may have blocks of any size, always whole blocks: a pool that does not zero
 * new blocks shows what was in them before around what is written. A block that is written in parts is put together in
 * memory, one at a time, and given back where it holds zeros alone.
 */
export class BlockWriter {
  readonly #device: BlockDevice;
  readonly #blockSize: bigint;
  #atHand: BlockAtHand | undefined;

  constructor(device: BlockDevice, blockSize: bigint) {
    this.#device = device;
    this.#blockSize = blockSize;
  }

  /** @throws DmError IO (EIO), NO_SPACE (ENOSPC). */
  async write(offset: bigint, data: Uint8Array): Promise<void> {
    const end = offset + BigInt(data.length);
    await this.#inBlocks(
      offset,
      end,
      async (begin, stop) => {
        const block = await this.#take(begin);
        block.content.set(data.subarray(Number(begin - offset), Number(stop - offset)), Number(begin - block.begin));
        block.isChanged = true;
      },
      (begin, stop) => this.#device.write(begin, data.subarray(Number(begin - offset), Number(stop - offset))),
    );
  }

  /** The range reads as zeros afterwards; blocks that lie whole in it are given back. @throws DmError as `write`. */
  async unmap(offset: bigint, length: bigint): Promise<void> {
    await this.#inBlocks(
      offset,
      offset + length,
      async (begin, stop) => {
        const block = await this.#take(begin);
        const part = block.content.subarray(Number(begin - block.begin), Number(stop - block.begin));
        if (isZero(part)) return;
        part.fill(0);
        block.isChanged = true;
      },
      (begin, stop) => this.#giveBack(begin, stop),
    );
  }

  /** Resolves when all that was written lasts. @throws DmError as `write`. */
  async flush(): Promise<void> {
    await this.#putBack();
    await this.#device.flush();
  }

  /** `part` on what lies in a block with others, `whole` on a run of blocks. The device's last block may be cut short. */
  async #inBlocks(
    offset: bigint,
    end: bigint,
    part: (begin: bigint, stop: bigint) => Promise<void>,
    whole: (begin: bigint, stop: bigint) => Promise<void>,
  ): Promise<void> {
    const size = this.#blockSize;
    for (let begin = offset; begin < end; ) {
      const blockEnd = (begin / size + 1n) * size;
      const wholeEnd = (end / size) * size;
      if (begin % size === 0n && wholeEnd > begin) {
        if (this.#atHand !== undefined && this.#atHand.begin >= begin && this.#atHand.begin < wholeEnd)
          this.#atHand = undefined;
        await whole(begin, wholeEnd);
        begin = wholeEnd;
      } else {
        const stop = blockEnd < end ? blockEnd : end;
        await part(begin, stop);
        begin = stop;
      }
    }
  }

  /** The block that `offset` lies in, with what it holds now. */
  async #take(offset: bigint): Promise<BlockAtHand> {
    const begin = (offset / this.#blockSize) * this.#blockSize;
    if (this.#atHand?.begin === begin) return this.#atHand;
    await this.#putBack();
    const length = Math.min(Number(this.#device.size - begin), Number(this.#blockSize));
    const content = await this.#device.read(begin, length);
    this.#atHand = { begin, content: content.slice(), isChanged: false };
    return this.#atHand;
  }

  async #putBack(): Promise<void> {
    const block = this.#atHand;
    this.#atHand = undefined;
    if (block === undefined || !block.isChanged) return;
    const { begin, content } = block;
    // The last block of a device that ends within it cannot be given back (dm-thin takes whole blocks only).
    if (BigInt(content.length) === this.#blockSize && isZero(content))
      await this.#giveBack(begin, begin + this.#blockSize);
    else await this.#device.write(begin, content);
  }

  async #giveBack(begin: bigint, end: bigint): Promise<void> {
    try {
      await this.#device.discard(begin, end - begin);
    } catch (error) {
      // A pool that ignores discards keeps what is there.
      if (!DmError.is(error, 'NOT_SUPPORTED')) throw error;
      for (let at = begin; at < end; at += BigInt(ZEROS.length)) {
        const rest = end - at;
        await this.#device.write(at, rest < ZEROS.length ? ZEROS.subarray(0, Number(rest)) : ZEROS);
      }
    }
  }
}

function isZero(content: Uint8Array): boolean {
  return Buffer.from(content.buffer, content.byteOffset, content.length).equals(zerosOf(content.length));
}

let zeros = Buffer.alloc(0);

function zerosOf(length: number): Buffer {
  if (zeros.length < length) zeros = Buffer.alloc(length);
  return zeros.subarray(0, length);
}
