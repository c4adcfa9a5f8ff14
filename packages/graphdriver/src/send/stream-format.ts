import { createHash } from 'node:crypto';
import { type Bytes, bytes, DmError } from '@dmthin/domain';
import type { LayerIdentity } from '../identity/layer-identity.ts';
import { brokenStream } from './broken-stream.ts';
import { type Compression, compressionOfNumber, numberOfCompression } from './compression.ts';

/** The stream of a layer, as docs/send-format.md has it byte for byte. All numbers are little-endian. */
export const HEADER_SIZE: number = 128;
export const RECORD_SIZE: number = 56;
/** No record says more than this of a layer, in bytes. */
export const MAX_DATA: number = 1 << 20;

/** As PNG does it: not ASCII, a name, and a line end that a transfer as text would change. */
const MAGIC = Buffer.from('\x89DMTHIN\n', 'latin1');
const VERSION = 1;
const RESUMED = 1;
const DIGEST = 32;
const TAGS = { data: 'DATA', unmapped: 'HOLE', end: 'END ' } as const;

/** What the stream is, before its first record. */
export interface StreamHeader {
  readonly compression: Compression;
  /** Of the pool it comes from. */
  readonly blockSize: Bytes;
  /** Of the layer. */
  readonly size: Bytes;
  readonly identity: LayerIdentity;
  /** Whose blocks the receiver has to have already; `NO_IDENTITY`: nobody's. */
  readonly base: LayerIdentity;
  /** Where it goes on, where it is the rest of a stream that was cut off. */
  readonly resumed: ResumePoint | undefined;
}

/** How far a stream was taken: all records below `position`, whose last one has this checksum. */
export interface ResumePoint {
  readonly position: Bytes;
  readonly chain: Buffer;
}

/** A range of the layer; `end` comes last, at the layer's size. */
export interface StreamRecord {
  readonly kind: keyof typeof TAGS;
  readonly offset: Bytes;
  readonly length: Bytes;
  /** Of `data`: `length` bytes as they are, or fewer, compressed. */
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array();

/** A record without data. */
export const emptyRecord = (kind: 'unmapped' | 'end', offset: Bytes, length: Bytes): StreamRecord => ({
  kind,
  offset,
  length,
  payload: NOTHING,
});

export function encodeHeader(header: StreamHeader): Buffer {
  const { compression, blockSize, size, identity, base, resumed } = header;
  const encoded = Buffer.alloc(HEADER_SIZE);
  MAGIC.copy(encoded);
  encoded.writeUInt16LE(VERSION, 8);
  encoded.writeUInt8(numberOfCompression(compression), 10);
  encoded.writeUInt8(resumed === undefined ? 0 : RESUMED, 11);
  encoded.writeUInt32LE(Number(blockSize), 12);
  encoded.writeBigUInt64LE(size, 16);
  encoded.write(identity, 24, 'hex');
  encoded.write(base, 40, 'hex');
  encoded.writeBigUInt64LE(resumed?.position ?? 0n, 56);
  resumed?.chain.copy(encoded, 64);
  digestOf(encoded.subarray(0, HEADER_SIZE - DIGEST)).copy(encoded, HEADER_SIZE - DIGEST);
  return encoded;
}

/** @throws DmError CORRUPT: not the stream of a layer, or damaged. NOT_SUPPORTED: of a later version. */
export function decodeHeader(encoded: Buffer): StreamHeader {
  if (encoded.length < HEADER_SIZE || !encoded.subarray(0, MAGIC.length).equals(MAGIC))
    throw new DmError('CORRUPT', encoded.length === 0 ? 'the stream is empty' : 'this is no stream of a layer', {
      operation: 'receive',
      remedy: 'Give it what dmthin send writes, from its beginning; see whether that failed.',
    });
  const version = encoded.readUInt16LE(8);
  if (version !== VERSION)
    throw new DmError('NOT_SUPPORTED', `the stream is of version ${version}; this dmthin knows version ${VERSION}`, {
      operation: 'receive',
      remedy: 'Receive it with the dmthin that it was sent by, or a later one.',
    });
  if (!digestOf(encoded.subarray(0, HEADER_SIZE - DIGEST)).equals(encoded.subarray(HEADER_SIZE - DIGEST)))
    throw brokenStream('the checksum of its header does not match');
  const isResumed = (encoded.readUInt8(11) & RESUMED) !== 0;
  return {
    compression: compressionOfNumber(encoded.readUInt8(10)),
    blockSize: bytes(BigInt(encoded.readUInt32LE(12))),
    size: bytes(encoded.readBigUInt64LE(16)),
    identity: encoded.toString('hex', 24, 40) as LayerIdentity,
    base: encoded.toString('hex', 40, 56) as LayerIdentity,
    resumed: isResumed
      ? { position: bytes(encoded.readBigUInt64LE(56)), chain: Buffer.from(encoded.subarray(64, 96)) }
      : undefined,
  };
}

/** What the checksum of the first record is made from: the header's own, or the last one that was taken before. */
export function chainStart(header: StreamHeader): Buffer {
  return header.resumed?.chain ?? encodeHeader(header).subarray(HEADER_SIZE - DIGEST);
}

/** The record as it stands in the stream, without its payload; its last 32 bytes are its checksum. */
export function encodeRecord({ kind, offset, length, payload }: StreamRecord, chain: Buffer): Buffer {
  const encoded = Buffer.alloc(RECORD_SIZE);
  encoded.write(TAGS[kind], 0, 'latin1');
  encoded.writeUInt32LE(payload.length, 4);
  encoded.writeBigUInt64LE(offset, 8);
  encoded.writeBigUInt64LE(length, 16);
  digestOf(chain, encoded.subarray(0, RECORD_SIZE - DIGEST), payload).copy(encoded, RECORD_SIZE - DIGEST);
  return encoded;
}

/** How long the payload behind a record is said to be. @throws DmError CORRUPT: no record can have so much. */
export function payloadLength(encoded: Buffer): number {
  const length = encoded.readUInt32LE(4);
  if (length > MAX_DATA) throw brokenStream('a record of it has an impossible length');
  return length;
}

/** @throws DmError CORRUPT: the checksum does not match what came before, the record and its payload. */
export function decodeRecord(encoded: Buffer, payload: Uint8Array, chain: Buffer): StreamRecord {
  if (!digestOf(chain, encoded.subarray(0, RECORD_SIZE - DIGEST), payload).equals(chainOf(encoded)))
    throw brokenStream('the checksum of a record does not match: it is damaged, or one is missing or out of place');
  const tag = encoded.toString('latin1', 0, 4);
  const kind = (Object.keys(TAGS) as (keyof typeof TAGS)[]).find((candidate) => TAGS[candidate] === tag);
  if (kind === undefined) throw brokenStream(`it has a record of an unknown kind, ${JSON.stringify(tag)}`);
  return {
    kind,
    offset: bytes(encoded.readBigUInt64LE(8)),
    length: bytes(encoded.readBigUInt64LE(16)),
    payload,
  };
}

export function chainOf(encoded: Buffer): Buffer {
  return encoded.subarray(RECORD_SIZE - DIGEST);
}

function digestOf(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
