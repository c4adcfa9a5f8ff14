import { isAscii, type RawPath, textOfPath } from '../path/raw-path.ts';
import { encodePaxRecords } from './pax-records.ts';
import { paddingAfter, TAR_BLOCK, type TarEntry, type TarEntryType } from './tar-entry.ts';
import { fitsOctal, writeNumber } from './tar-number.ts';

/** typeflag (POSIX ustar), and the type bits of st_mode, which Docker's tars carry in the mode as Go 1.8 wrote them. */
const TYPES: Readonly<Record<TarEntryType, readonly [flag: string, modeBits: number]>> = {
  file: ['0', 0o100000],
  link: ['1', 0o100000],
  symlink: ['2', 0o120000],
  character: ['3', 0o020000],
  block: ['4', 0o060000],
  directory: ['5', 0o040000],
  fifo: ['6', 0o010000],
};
const NAME_LENGTH = 100;
const PREFIX_LENGTH = 155;

/** What closes a tar: two blocks of zeros. */
export const TAR_END: Buffer = Buffer.alloc(2 * TAR_BLOCK);

/**
 * The header blocks of an entry: ustar, preceded by a PAX header where ustar cannot say all of it. `typeBits` are what its
 * mode has beside permissions; Docker gives them to files, and none to a whiteout, which stands for no file.
 */
export function encodeHeader(entry: TarEntry, typeBits: number = TYPES[entry.type][1]): Buffer {
  const records = paxRecordsOf(entry);
  const header = ustarBlock(entry, TYPES[entry.type][0], typeBits | entry.mode);
  if (records.size === 0) return header;
  const body = encodePaxRecords(records);
  const pax: TarEntry = { ...entry, path: 'PaxHeader' as RawPath, linkPath: '' as RawPath, size: body.length };
  return Buffer.concat([ustarBlock(pax, 'x', 0o644), body, Buffer.alloc(paddingAfter(body.length)), header]);
}

function paxRecordsOf(entry: TarEntry): Map<string, string> {
  const records = new Map<string, string>();
  // Tells readers that would otherwise take the paths for UTF-8, so it has to come before them.
  if (textOfPath(entry.path) === undefined || textOfPath(entry.linkPath) === undefined)
    records.set('hdrcharset', 'BINARY');
  if (splitName(entry.path) === undefined) records.set('path', entry.path);
  if (!fitsName(entry.linkPath)) records.set('linkpath', entry.linkPath);
  if (!fitsOctal(8, entry.uid)) records.set('uid', String(entry.uid));
  if (!fitsOctal(8, entry.gid)) records.set('gid', String(entry.gid));
  if (!fitsOctal(12, entry.size)) records.set('size', String(entry.size));
  const { seconds, nanoseconds } = entry.modified;
  if (nanoseconds !== 0 || !fitsOctal(12, seconds)) records.set('mtime', decimal(seconds, nanoseconds));
  for (const [name, value] of entry.attributes)
    records.set(`SCHILY.xattr.${name}`, Buffer.from(value).toString('latin1'));
  return records;
}

function ustarBlock(entry: TarEntry, flag: string, mode: number): Buffer {
  const block = Buffer.alloc(TAR_BLOCK);
  // Where the name stands in a PAX record, a beginning of it stands here, without a slash at its end: old readers take
  // a file whose name ends so for a directory.
  const [prefix, name] = splitName(entry.path) ?? ['', entry.path.slice(0, NAME_LENGTH).replace(/\/+$/u, '')];
  block.write(name, 0, 'latin1');
  writeNumber(block.subarray(100, 108), mode);
  writeNumber(block.subarray(108, 116), fitsOctal(8, entry.uid) ? entry.uid : 0);
  writeNumber(block.subarray(116, 124), fitsOctal(8, entry.gid) ? entry.gid : 0);
  writeNumber(block.subarray(124, 136), entry.size);
  writeNumber(block.subarray(136, 148), fitsOctal(12, entry.modified.seconds) ? entry.modified.seconds : 0);
  block.write(flag, 156, 'latin1');
  block.write(entry.linkPath.slice(0, NAME_LENGTH), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  writeNumber(block.subarray(329, 337), entry.major);
  writeNumber(block.subarray(337, 345), entry.minor);
  block.write(prefix, 345, 'latin1');
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** The sum of a header's bytes, its own field counted as spaces. */
export function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let index = 0; index < TAR_BLOCK; index += 1) if (index < 148 || index >= 156) sum += block[index] ?? 0;
  return sum;
}

/** Prefix and name as ustar has them; undefined where they do not fit or are not ASCII. */
function splitName(path: string): readonly [prefix: string, name: string] | undefined {
  if (fitsName(path)) return ['', path];
  if (!isAscii(path)) return undefined;
  // The name may end in a slash, so the last place to split at is before that.
  for (let slash = path.lastIndexOf('/', path.length - 2); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (path.length - slash - 1 > NAME_LENGTH) return undefined;
    if (slash <= PREFIX_LENGTH) return [path.slice(0, slash), path.slice(slash + 1)];
  }
  return undefined;
}

const fitsName = (path: string): boolean => path.length <= NAME_LENGTH && isAscii(path);

function decimal(seconds: number, nanoseconds: number): string {
  if (nanoseconds === 0) return String(seconds);
  // A negative time counts down: -1.25 is 750,000,000 ns after -2 s.
  const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  const digits = String(total < 0n ? -total : total).padStart(10, '0');
  return `${total < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/0+$/u, '');
}
