import type { ThinId } from '@dmthin/domain';
import { headerOf } from '../content/emit-pool.ts';
import { ByteWriter, piece } from '../dump/byte-writer.ts';
import type { PoolReader } from '../read/pool-reader.ts';
import { compareDevices } from './delta.ts';
import type { DeltaKind, DeltaVisitor } from './delta-range.ts';

export interface DeltaOptions {
  /** A device to compare; nothing is mapped where it is left out. */
  readonly left?: ThinId | undefined;
  readonly right?: ThinId | undefined;
  /** Say where the data lies, run by run. */
  readonly verbose?: boolean | undefined;
}

const CHUNK = 64 * 1024;

/**
 * The differences of two devices as thin_delta 0.9 prints them, in chunks of some 64 KiB.
 * @throws DmError NO_DATA (ENODATA): no such device. CORRUPT, IO.
 */
export function* deltaXml(pool: PoolReader, { left, right, verbose }: DeltaOptions): Generator<Uint8Array> {
  const out = new ByteWriter(CHUNK);
  const { time, transactionId, dataBlockSize, dataBlocks } = headerOf(pool.superblock, pool.dataBlocks);
  const { heldRoot } = pool.superblock;
  const held = heldRoot === 0 ? '' : ` metadata_snap="${heldRoot}"`;
  out.text(
    `<superblock uuid="" time="${time}" transaction="${transactionId}" data_block_size="${dataBlockSize}" nr_data_blocks="${dataBlocks}"${held}>\n`,
  );
  out.text(`  <diff left="${left ?? ''}" right="${right ?? ''}">\n`);
  const ranges = verbose === true ? new VerboseRanges(out) : new Ranges(out);
  for (const _ of compareDevices(pool, left, right, ranges.add)) if (out.isFull) yield out.take();
  ranges.end();
  out.text('  </diff>\n</superblock>\n');
  yield out.take();
}

const LENGTH = piece('" length="');
const CLOSE = piece('"/>\n');

function opening(kind: DeltaKind): Uint8Array {
  return piece(`    <${kind} begin="`);
}

/** Neighbouring ranges of one kind as one. */
class Ranges {
  readonly #out: ByteWriter;
  readonly #openings = {
    left_only: opening('left_only'),
    right_only: opening('right_only'),
    different: opening('different'),
    same: opening('same'),
  };
  #kind: DeltaKind | undefined;
  #begin = 0;
  #length = 0;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  readonly add: DeltaVisitor = (kind, begin, length) => {
    if (kind === this.#kind && begin === this.#begin + this.#length) {
      this.#length += length;
      return;
    }
    this.end();
    this.#kind = kind;
    this.#begin = begin;
    this.#length = length;
  };

  end(): void {
    if (this.#kind === undefined) return;
    const out = this.#out;
    out.write(this.#openings[this.#kind]);
    out.number(this.#begin);
    out.write(LENGTH);
    out.number(this.#length);
    out.write(CLOSE);
  }
}

/** Every run with its data blocks, those of one kind in a row together. */
class VerboseRanges {
  readonly #out: ByteWriter;
  #kind: DeltaKind | undefined;

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  readonly add: DeltaVisitor = (kind, begin, length, leftData, rightData) => {
    if (kind !== this.#kind) {
      this.end();
      this.#kind = kind;
      this.#out.text(`    <${kind}>\n`);
    }
    const data =
      kind === 'different'
        ? `left_data_begin="${leftData}" right_data_begin="${rightData}"`
        : `data_begin="${kind === 'right_only' ? rightData : leftData}"`;
    this.#out.text(`      <range begin="${begin}" ${data} length="${length}"/>\n`);
  };

  end(): void {
    if (this.#kind !== undefined) this.#out.text(`    </${this.#kind}>\n`);
  }
}
