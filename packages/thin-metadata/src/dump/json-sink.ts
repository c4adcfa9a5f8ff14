import type { PoolHeader, PoolSink } from '../content/pool-content.ts';
import type { ThinEntry } from '../read/pool-reader.ts';
import { type ByteWriter, piece } from './byte-writer.ts';

const BLOCK = piece('{"block":');
const DATA = piece(',"dataBlock":');
const LENGTH = piece(',"length":');
const TIME = piece(',"time":');
const CLOSE = piece('}\n');

/**
 * A pool as lines of JSON, one value a line, so that a reader needs no more memory than a line: the pool, then each
 * device with its runs of mappings behind it, then how many devices and mapped blocks there were, so that a file that was
 * cut off is seen.
 */
export class JsonSink implements PoolSink {
  readonly #out: ByteWriter;
  #devices = 0;
  #blocks = 0;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  begin({ transactionId, ...header }: PoolHeader): void {
    this.#line({ pool: { ...header, transactionId: plain(transactionId) } });
  }

  beginDevice({ id, mappedBlocks, transactionId, creationTime, snapshottedTime }: ThinEntry): void {
    this.#devices++;
    const details = { mappedBlocks, transactionId: plain(transactionId), creationTime, snapshottedTime };
    this.#line({ device: id, ...details });
  }

  map(block: number, dataBlock: number, length: number, time: number): void {
    const out = this.#out;
    this.#blocks += length;
    out.write(BLOCK);
    out.number(block);
    out.write(DATA);
    out.number(dataBlock);
    out.write(LENGTH);
    out.number(length);
    out.write(TIME);
    out.number(time);
    out.write(CLOSE);
  }

  endDevice(): void {}

  end(): void {
    this.#line({ end: { devices: this.#devices, blocks: this.#blocks } });
  }

  #line(value: unknown): void {
    this.#out.text(`${JSON.stringify(value)}\n`);
  }
}

/** A number where it is one without loss, else its digits. */
function plain(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}
