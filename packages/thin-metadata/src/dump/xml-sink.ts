import type { PoolHeader, PoolSink } from '../content/pool-content.ts';
import type { ThinEntry } from '../read/pool-reader.ts';
import { type ByteWriter, piece } from './byte-writer.ts';

const RANGE = piece('    <range_mapping origin_begin="');
const RANGE_DATA = piece('" data_begin="');
const RANGE_LENGTH = piece('" length="');
const SINGLE = piece('    <single_mapping origin_block="');
const SINGLE_DATA = piece('" data_block="');
const TIME = piece('" time="');
const CLOSE = piece('"/>\n');

/** A pool as thin_dump 0.9 prints it, byte for byte. */
export class XmlSink implements PoolSink {
  readonly #out: ByteWriter;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  begin(header: PoolHeader): void {
    const { uuid, time, transactionId, flags, version, dataBlockSize, dataBlocks } = header;
    this.#element('<superblock', {
      uuid: escaped(uuid),
      time,
      transaction: transactionId,
      flags,
      version,
      data_block_size: dataBlockSize,
      nr_data_blocks: dataBlocks,
    });
  }

  beginDevice(thin: ThinEntry): void {
    this.#element('  <device', {
      dev_id: thin.id,
      mapped_blocks: thin.mappedBlocks,
      transaction: thin.transactionId,
      creation_time: thin.creationTime,
      snap_time: thin.snapshottedTime,
    });
  }

  map(block: number, dataBlock: number, length: number, time: number): void {
    const out = this.#out;
    if (length === 1) {
      out.write(SINGLE);
      out.number(block);
      out.write(SINGLE_DATA);
      out.number(dataBlock);
    } else {
      out.write(RANGE);
      out.number(block);
      out.write(RANGE_DATA);
      out.number(dataBlock);
      out.write(RANGE_LENGTH);
      out.number(length);
    }
    out.write(TIME);
    out.number(time);
    out.write(CLOSE);
  }

  endDevice(): void {
    this.#out.text('  </device>\n');
  }

  end(): void {
    this.#out.text('</superblock>\n');
  }

  #element(name: string, attributes: Readonly<Record<string, string | number | bigint>>): void {
    const words = Object.entries(attributes).map(([key, value]) => `${key}="${value}"`);
    this.#out.text(`${[name, ...words].join(' ')}>\n`);
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/gu, (character) => `&#${character.charCodeAt(0)};`);
}
