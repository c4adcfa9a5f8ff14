import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { DmError } from '@dmthin/domain';
import { brokenStream } from './broken-stream.ts';

/** How the data of a stream is compressed, record by record: RFC 1952, RFC 8878, or not at all. */
export type Compression = 'none' | 'gzip' | 'zstd';

type Codec = (data: Uint8Array, options?: { maxOutputLength?: number }) => Promise<Uint8Array>;

/** In the order of their numbers. */
const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'zstd'];
/** Fast ones: a stream is to keep up with a disk. */
const GZIP_LEVEL = 1;
const ZSTD_LEVEL = 1;

const gzip = promisify(zlib.gzip);
const gunzip = promisify(zlib.gunzip) as Codec;
/** From Node 22.15 on. */
const zstd = zlib.zstdCompress === undefined ? undefined : promisify(zlib.zstdCompress);
const unzstd = zlib.zstdDecompress === undefined ? undefined : (promisify(zlib.zstdDecompress) as Codec);

/** What this Node does best. */
export const BEST_COMPRESSION: Compression = zstd === undefined ? 'gzip' : 'zstd';

export function numberOfCompression(compression: Compression): number {
  return COMPRESSIONS.indexOf(compression);
}

/** @throws DmError CORRUPT: there is none of that number. */
export function compressionOfNumber(number: number): Compression {
  const compression = COMPRESSIONS[number];
  if (compression === undefined) throw brokenStream(`it is compressed in a way that is not known (${number})`);
  return compression;
}

/** @throws DmError NOT_SUPPORTED: this Node cannot compress so, or undo it. */
export function demandCompression(compression: Compression): void {
  if (compression !== 'zstd' || zstd !== undefined) return;
  throw new DmError('NOT_SUPPORTED', `this Node (${process.version}) has no zstd`, {
    operation: 'send',
    remedy: 'Use Node 22.15 or later on both sides, or send with --compression gzip.',
  });
}

/** The data, compressed where that makes it shorter. On a thread of its own. */
export async function compressed(compression: Compression, data: Uint8Array): Promise<Uint8Array> {
  const packed = await pack(compression, data);
  return packed !== undefined && packed.length < data.length ? packed : data;
}

/** What `compressed` made of `length` bytes. @throws DmError CORRUPT: it is not that. */
export async function decompressed(compression: Compression, payload: Uint8Array, length: number): Promise<Uint8Array> {
  if (payload.length === length) return payload;
  const codec = compression === 'zstd' ? unzstd : compression === 'gzip' ? gunzip : undefined;
  if (codec === undefined) throw brokenStream('a record of it is shorter than its data');
  const data = await codec(payload, { maxOutputLength: length }).catch((cause: unknown) => {
    throw brokenStream('data of it cannot be decompressed', cause);
  });
  if (data.length !== length) throw brokenStream('data of it has another length when decompressed');
  return data;
}

async function pack(compression: Compression, data: Uint8Array): Promise<Uint8Array | undefined> {
  if (compression === 'gzip') return gzip(data, { level: GZIP_LEVEL });
  if (compression === 'zstd') return zstd?.(data, { params: { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
  return undefined;
}
