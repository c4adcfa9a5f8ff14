import type { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import { type RawPath, showPath } from '../path/raw-path.ts';
import { brokenTar } from './broken-tar.ts';
import { ByteSource } from './byte-source.ts';
import { contentLength, decodeHeader, entryOf, type TarHeader } from './decode-header.ts';
import { decodePaxRecords } from './pax-records.ts';
import { paddingAfter, TAR_BLOCK, type TarEntry } from './tar-entry.ts';

/** An entry under the reader's hand. Its content can be read until the next entry is asked for. */
export interface TarItem {
  readonly entry: TarEntry;
  /** The next part of the content; undefined after the last. @throws DmError CORRUPT: the tar ends before it. */
  read(): Promise<Buffer | undefined>;
}

/** The largest PAX header or long name that is read into memory (archive/tar: maxSpecialFileSize). */
const MAX_SPECIAL_SIZE = 1 << 20;
const READ_SIZE = 256 * 1024;

/**
 * The entries of an uncompressed tar (ustar, PAX, GNU long names), in their order, with back-pressure: nothing is read
 * ahead of what is asked for, and what was not read of a content is passed over.
 *
 * tar-stream is not used because it decodes PAX values as UTF-8, which loses capabilities and names in other bytes
 * (docs/decisions/0010-own-tar-codec.md).
 * @throws DmError CORRUPT: not a tar, or cut off: a tar that is whole ends in blocks of zeros.
 */
export async function* readTar(
  stream: AsyncIterable<Uint8Array>,
  signal?: CancelSignal,
): AsyncGenerator<TarItem, void, undefined> {
  const source = new ByteSource(stream, signal);
  try {
    let records = new Map<string, string>();
    for (;;) {
      const header = await readHeader(source);
      if (header === undefined) return;
      const length = contentLength(header, records);
      if (isSpecial(header.flag)) {
        const body = await readSpecial(source, header);
        if (header.flag === 'x') records = new Map([...records, ...decodePaxRecords(body)]);
        if (header.flag === 'L') records.set('path', upToNul(body));
        if (header.flag === 'K') records.set('linkpath', upToNul(body));
        // A global header ('g') is ignored, as Docker ignores it.
        continue;
      }
      const entry = entryOf(header, records);
      records = new Map();
      const content = new Content(source, entry, length);
      yield { entry, read: () => content.read() };
      await content.passOver();
    }
  } finally {
    await source.close();
  }
}

class Content {
  readonly #source: ByteSource;
  readonly #entry: TarEntry;
  #missing: number;
  #padding: number;

  constructor(source: ByteSource, entry: TarEntry, length: number) {
    this.#source = source;
    this.#entry = entry;
    this.#missing = length;
    this.#padding = paddingAfter(length);
  }

  async read(): Promise<Buffer | undefined> {
    if (this.#missing === 0) return undefined;
    const part = await this.#source.some(Math.min(this.#missing, READ_SIZE));
    if (part === undefined) throw this.#cutOff();
    this.#missing -= part.length;
    return part;
  }

  async passOver(): Promise<void> {
    const rest = this.#missing + this.#padding;
    this.#missing = 0;
    this.#padding = 0;
    if ((await this.#source.skip(rest)) !== rest) throw this.#cutOff();
  }

  #cutOff(): DmError {
    return cutOff(this.#source, `within "${showPath(this.#entry.path)}"`);
  }
}

/** The next header; undefined at the end of the tar, after which the rest of the stream is read and dropped. */
async function readHeader(source: ByteSource): Promise<TarHeader | undefined> {
  const offset = source.offset;
  const block = await source.upTo(TAR_BLOCK);
  if (block.length < TAR_BLOCK)
    throw offset === 0 && block.length === 0
      ? brokenTar(
          'the tar is empty: not even its end is there',
          'See whether what writes it failed, or wrote elsewhere.',
        )
      : cutOff(source, block.length === 0 ? 'before its closing blocks' : 'within a header');
  if (!isZero(block)) return decodeHeader(block, offset);
  const second = await source.upTo(TAR_BLOCK);
  if (!isZero(second)) throw brokenTar(`the tar has a block of zeros at byte ${offset} and goes on after it`);
  // Whoever writes into a pipe expects that all of it is read.
  while ((await source.some(READ_SIZE)) !== undefined);
  return undefined;
}

async function readSpecial(source: ByteSource, header: TarHeader): Promise<Buffer> {
  if (header.size > MAX_SPECIAL_SIZE)
    throw brokenTar(`the tar has an extended header of ${header.size} bytes, ${MAX_SPECIAL_SIZE} are allowed`);
  const body = await source.upTo(header.size);
  const padding = paddingAfter(header.size);
  if (body.length < header.size || (await source.skip(padding)) < padding)
    throw cutOff(source, 'in an extended header');
  return body;
}

const isSpecial = (flag: string): boolean => flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K';

function upToNul(body: Buffer): RawPath {
  const end = body.indexOf(0);
  return body.toString('latin1', 0, end < 0 ? body.length : end) as RawPath;
}

const ZEROS = Buffer.alloc(TAR_BLOCK);
const isZero = (block: Buffer): boolean => block.equals(ZEROS.subarray(0, block.length));

function cutOff(source: ByteSource, where: string): DmError {
  return brokenTar(`the tar ends at byte ${source.offset}, ${where}`, 'It was cut off; make or fetch it again.');
}
