import { type Bytes, bytes } from '@dmthin/domain';
import type { ByteSource } from '../tar/byte-source.ts';
import { brokenStream } from './broken-stream.ts';
import { demandCompression } from './compression.ts';
import {
  chainOf,
  chainStart,
  decodeHeader,
  decodeRecord,
  HEADER_SIZE,
  MAX_DATA,
  payloadLength,
  RECORD_SIZE,
  type StreamHeader,
  type StreamRecord,
} from './stream-format.ts';

const SECTOR = 512n;

/** A record whose checksum matches, and that checksum. */
export interface VerifiedRecord extends StreamRecord {
  readonly chain: Buffer;
}

/** @throws DmError CORRUPT: not the stream of a layer, damaged or cut off. NOT_SUPPORTED: this Node cannot read it. */
export async function readHeader(source: ByteSource): Promise<StreamHeader> {
  const header = decodeHeader(await source.upTo(HEADER_SIZE));
  demandCompression(header.compression);
  if (header.size === 0n || header.size % SECTOR !== 0n || (header.resumed?.position ?? 0n) > header.size)
    throw brokenStream('its header contradicts itself');
  return header;
}

/**
 * The records of a stream up to its end, each of them verified: its checksum, that it lies in the layer, behind the one
 * before it. @throws DmError CORRUPT: damaged, or cut off.
 */
export async function* readRecords(
  source: ByteSource,
  header: StreamHeader,
): AsyncGenerator<VerifiedRecord, void, undefined> {
  let chain = chainStart(header);
  let reached: Bytes = header.resumed?.position ?? bytes(0);
  for (;;) {
    const encoded = await exactly(source, RECORD_SIZE);
    const payload = await exactly(source, payloadLength(encoded));
    const record = decodeRecord(encoded, payload, chain);
    demandPlace(record, reached, header.size);
    chain = Buffer.from(chainOf(encoded));
    yield { ...record, chain };
    if (record.kind === 'end') return;
    reached = bytes(record.offset + record.length);
  }
}

async function exactly(source: ByteSource, length: number): Promise<Buffer> {
  const found = await source.upTo(length);
  if (found.length < length) throw brokenStream('it was cut off');
  return found;
}

/** What a sender that is wrong itself may have written. */
function demandPlace({ kind, offset, length, payload }: StreamRecord, reached: bigint, size: bigint): void {
  const isInside = offset >= reached && offset + length <= size && offset % SECTOR === 0n && length % SECTOR === 0n;
  const isSound =
    kind === 'end'
      ? offset === size && length === 0n
      : length > 0n && (kind === 'unmapped' || length <= BigInt(MAX_DATA));
  const isPayload = kind === 'data' ? payload.length > 0 && payload.length <= Number(length) : payload.length === 0;
  if (!isInside || !isSound || !isPayload) throw brokenStream('a record of it is out of place');
}
