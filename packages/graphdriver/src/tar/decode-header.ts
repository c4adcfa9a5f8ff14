import { DmError } from '@dmthin/domain';
import { type RawPath, showPath } from '../path/raw-path.ts';
import { brokenTar } from './broken-tar.ts';
import { checksum } from './encode-header.ts';
import type { PaxRecords } from './pax-records.ts';
import type { TarEntry, TarEntryType, Timestamp } from './tar-entry.ts';
import { readNumber } from './tar-number.ts';

/** One header block, with the type as it is written: `x`, `g`, `L` and `K` speak of the entry that follows. */
export interface TarHeader extends Omit<TarEntry, 'type' | 'attributes'> {
  readonly flag: string;
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
};
const XATTR = 'SCHILY.xattr.';

/** @throws DmError CORRUPT: not a tar header. */
export function decodeHeader(block: Buffer, offset: number): TarHeader {
  if (readNumber(block.subarray(148, 156)) !== checksum(block)) throw notATar(block, offset);
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  const header: TarHeader = {
    flag: block.toString('latin1', 156, 157),
    path: (prefix === '' ? name : `${prefix}/${name}`) as RawPath,
    mode: readNumber(block.subarray(100, 108)) & 0o7777,
    uid: readNumber(block.subarray(108, 116)),
    gid: readNumber(block.subarray(116, 124)),
    size: readNumber(block.subarray(124, 136)),
    modified: { seconds: readNumber(block.subarray(136, 148)), nanoseconds: 0 },
    linkPath: text(block, 157, 100) as RawPath,
    major: readNumber(block.subarray(329, 337)) || 0,
    minor: readNumber(block.subarray(337, 345)) || 0,
  };
  if (![header.uid, header.gid, header.size, header.modified.seconds].every(Number.isSafeInteger) || header.size < 0)
    throw brokenTar(`the tar header at byte ${offset} has a number that is none`);
  return header;
}

/**
 * What a header and the PAX records before it say together.
 * @throws DmError NOT_SUPPORTED: a kind of entry that no layer holds. CORRUPT: a record that is no number.
 */
export function entryOf(header: TarHeader, records: PaxRecords): TarEntry {
  const path = (records.get('path') ?? header.path) as RawPath;
  const type = TYPES[header.flag];
  if (type === undefined || [...records.keys()].some((keyword) => keyword.startsWith('GNU.sparse.')))
    throw new DmError('NOT_SUPPORTED', `tar entry "${showPath(path)}" is of a kind that layers do not hold`, {
      subject: showPath(path),
      remedy: 'Write the tar without sparse files and volume headers (GNU tar: no --sparse, no --label).',
    });
  const isDirectory = type === 'directory' || (type === 'file' && path.endsWith('/'));
  const size = numberRecord(records, 'size') ?? header.size;
  return {
    path,
    type: isDirectory ? 'directory' : type,
    mode: header.mode,
    uid: numberRecord(records, 'uid') ?? header.uid,
    gid: numberRecord(records, 'gid') ?? header.gid,
    size: type === 'file' && !isDirectory ? size : 0,
    modified: timeRecord(records.get('mtime')) ?? header.modified,
    linkPath: type === 'link' || type === 'symlink' ? ((records.get('linkpath') ?? header.linkPath) as RawPath) : NONE,
    major: header.major,
    minor: header.minor,
    attributes: attributesOf(records),
  };
}

/** How many bytes follow the header, whatever its type makes of them. */
export function contentLength(header: TarHeader, records: PaxRecords): number {
  // Links, devices and directories have no content, whatever their size field says (archive/tar's isHeaderOnlyType).
  if (/^[1-6]$/u.test(header.flag)) return 0;
  return numberRecord(records, 'size') ?? header.size;
}

const NONE = '' as RawPath;

function numberRecord(records: PaxRecords, keyword: string): number | undefined {
  const value = records.get(keyword);
  if (value === undefined) return undefined;
  if (/^\d+$/u.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
  throw brokenTar(`the tar has a PAX record ${keyword}=${JSON.stringify(value.slice(0, 40))}`);
}

function timeRecord(value: string | undefined): Timestamp | undefined {
  if (value === undefined) return undefined;
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/u.exec(value);
  if (match === null) throw brokenTar(`the tar has a PAX record mtime=${JSON.stringify(value.slice(0, 40))}`);
  const seconds = Number(match[2]);
  const nanoseconds = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (match[1] === '') return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: 0 - seconds, nanoseconds }
    : { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}

function attributesOf(records: PaxRecords): ReadonlyMap<string, Uint8Array> {
  const attributes = new Map<string, Uint8Array>();
  for (const [keyword, value] of records)
    if (keyword.startsWith(XATTR)) attributes.set(keyword.slice(XATTR.length), Buffer.from(value, 'latin1'));
  return attributes;
}

function text(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  return block.toString('latin1', start, end < 0 ? start + length : Math.min(end, start + length));
}

function notATar(block: Buffer, offset: number): DmError {
  const isGzip = block[0] === 0x1f && block[1] === 0x8b;
  return brokenTar(
    `this is no tar: the header at byte ${offset} has a wrong checksum`,
    isGzip ? 'It is compressed with gzip; decompress it first.' : undefined,
  );
}
