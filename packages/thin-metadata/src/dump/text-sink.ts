import type { PoolHeader, PoolSink } from '../content/pool-content.ts';
import type { ThinEntry } from '../read/pool-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** A pool as `thin_dump --format human_readable` prints it. */
export class TextSink implements PoolSink {
  readonly #out: ByteWriter;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  begin({ uuid, time, transactionId, flags, version, dataBlockSize, dataBlocks }: PoolHeader): void {
    const words = [`"${uuid}"`, time, transactionId, flags, version, dataBlockSize, dataBlocks];
    this.#out.text(`begin superblock: ${words.join(', ')}\n`);
  }

  beginDevice({ id, mappedBlocks, transactionId, creationTime, snapshottedTime }: ThinEntry): void {
    this.#out.text(
      `device: ${id}\nmapped_blocks: ${mappedBlocks}\ntransaction: ${transactionId}\n` +
        `creation time: ${creationTime}\nsnap time: ${snapshottedTime}\n`,
    );
  }

  map(block: number, dataBlock: number, length: number, time: number): void {
    this.#out.text(
      length === 1
        ? `    ${block} -> ${dataBlock}, ${time}\n`
        : `    (${block}..${block + length - 1}) -> (${dataBlock}..${dataBlock + length - 1}), ${time}\n`,
    );
  }

  endDevice(): void {
    this.#out.text('\n');
  }

  end(): void {
    this.#out.text('end superblock\n');
  }
}
