import { Buffer } from 'node:buffer';
import type { Extent, Inode, InodeKind } from './inode.ts';
import { NO_ATTRIBUTES } from './inode.ts';
import { EXTENT_SIZE, MAX_INLINE, MAX_RECORD_EXTENTS, RECORD_BODY, RECORD_SIZE } from './layout.ts';

/** File types of `st_mode` (inode(7)). */
const TYPE_BITS: Readonly<Record<InodeKind, number>> = {
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
};
const KINDS: ReadonlyMap<number, InodeKind> = new Map(
  Object.entries(TYPE_BITS).map(([kind, bits]) => [bits, kind as InodeKind]),
);
const TYPE_MASK = 0o170000;
const PERMISSIONS = 0o7777;

const INLINE = 1;
const OVERFLOWING = 2;
const NANOSECONDS = 1_000_000_000n;

/** The kind that a `st_mode` says; undefined for one this platform alone has. */
export function kindOfMode(mode: number): InodeKind | undefined {
  return KINDS.get(mode & TYPE_MASK);
}

/** A record as it is stored: whole, or with the rest in a chain of overflow blocks. */
export interface DecodedRecord {
  readonly inode: Inode;
  /** Where its overflow begins; undefined where there is none. */
  readonly overflow: OverflowHead | undefined;
}

/** A chain of overflow blocks, as a record knows it. */
export interface OverflowHead {
  readonly block: number;
  /** How many bytes the chain holds. */
  readonly length: number;
  readonly checksum: number;
}

/** Whether an inode's extents and attributes need blocks of their own. */
export function needsOverflow(inode: Pick<Inode, 'content' | 'attributes'>): boolean {
  return inode.content.extents.length > MAX_RECORD_EXTENTS || inode.attributes.size > 0;
}

export function encodeRecord(inode: Inode): Uint8Array {
  const record = Buffer.alloc(RECORD_SIZE);
  const { inline, extents, size } = inode.content;
  const { overflow } = inode;
  record.writeUInt16LE(TYPE_BITS[inode.kind] | inode.mode, 0);
  record.writeUInt8((inline === undefined ? 0 : INLINE) | (overflow === undefined ? 0 : OVERFLOWING), 2);
  record.writeUInt8(overflow === undefined ? extents.length : 0, 3);
  record.writeUInt32LE(inode.uid, 4);
  record.writeUInt32LE(inode.gid, 8);
  const nanoseconds = ((inode.mtime % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  record.writeUInt32LE(Number(nanoseconds), 12);
  record.writeBigInt64LE((inode.mtime - nanoseconds) / NANOSECONDS, 16);
  record.writeBigUInt64LE(BigInt(size), 24);
  record.writeUInt32LE(inode.major, 32);
  record.writeUInt32LE(inode.minor, 36);
  record.writeUInt32LE(overflow?.blocks[0] ?? 0, 40);
  record.writeUInt32LE(overflow?.length ?? 0, 44);
  record.writeUInt32LE(overflow?.checksum ?? 0, 48);
  if (inline !== undefined) record.set(inline, RECORD_BODY);
  else if (overflow === undefined) encodeExtents(extents, record, RECORD_BODY);
  return record;
}

/** undefined: the record is free. */
export function decodeRecord(bytes: Uint8Array): DecodedRecord | undefined {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, RECORD_SIZE);
  const mode = record.readUInt16LE(0);
  const kind = kindOfMode(mode);
  if (kind === undefined) return undefined;
  const flags = record.readUInt8(2);
  const size = Number(record.readBigUInt64LE(24));
  const inline =
    (flags & INLINE) === 0
      ? undefined
      : Uint8Array.from(record.subarray(RECORD_BODY, RECORD_BODY + Math.min(size, MAX_INLINE)));
  return {
    inode: {
      kind,
      mode: mode & PERMISSIONS,
      uid: record.readUInt32LE(4),
      gid: record.readUInt32LE(8),
      mtime: record.readBigInt64LE(16) * NANOSECONDS + BigInt(record.readUInt32LE(12)),
      major: record.readUInt32LE(32),
      minor: record.readUInt32LE(36),
      content: { size, inline, extents: decodeExtents(record, RECORD_BODY, record.readUInt8(3)) },
      attributes: NO_ATTRIBUTES,
      overflow: undefined,
    },
    overflow:
      (flags & OVERFLOWING) === 0
        ? undefined
        : { block: record.readUInt32LE(40), length: record.readUInt32LE(44), checksum: record.readUInt32LE(48) },
  };
}

/** What of an inode goes to its overflow blocks. */
export function encodeOverflow({ content, attributes }: Pick<Inode, 'content' | 'attributes'>): Uint8Array {
  const parts: Buffer[] = [Buffer.alloc(8 + content.extents.length * EXTENT_SIZE)];
  parts[0]?.writeUInt32LE(content.extents.length, 0);
  parts[0]?.writeUInt32LE(attributes.size, 4);
  if (parts[0] !== undefined) encodeExtents(content.extents, parts[0], 8);
  for (const [name, value] of attributes) {
    const head = Buffer.alloc(6);
    const nameBytes = Buffer.from(name, 'utf8');
    head.writeUInt16LE(nameBytes.length, 0);
    head.writeUInt32LE(value.length, 2);
    parts.push(head, nameBytes, Buffer.from(value));
  }
  return Buffer.concat(parts);
}

export function decodeOverflow(bytes: Uint8Array): { extents: Extent[]; attributes: Map<string, Uint8Array> } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const extentCount = view.readUInt32LE(0);
  const attributes = new Map<string, Uint8Array>();
  let at = 8 + extentCount * EXTENT_SIZE;
  for (let left = view.readUInt32LE(4); left > 0; left--) {
    const nameEnd = at + 6 + view.readUInt16LE(at);
    const valueEnd = nameEnd + view.readUInt32LE(at + 2);
    attributes.set(view.toString('utf8', at + 6, nameEnd), Uint8Array.from(view.subarray(nameEnd, valueEnd)));
    at = valueEnd;
  }
  return { extents: decodeExtents(view, 8, extentCount), attributes };
}

function encodeExtents(extents: readonly Extent[], into: Buffer, at: number): void {
  extents.forEach(({ logical, physical, count }, index) => {
    into.writeUInt32LE(logical, at + index * EXTENT_SIZE);
    into.writeUInt32LE(physical, at + index * EXTENT_SIZE + 4);
    into.writeUInt32LE(count, at + index * EXTENT_SIZE + 8);
  });
}

function decodeExtents(from: Buffer, at: number, count: number): Extent[] {
  return Array.from({ length: count }, (_, index) => ({
    logical: from.readUInt32LE(at + index * EXTENT_SIZE),
    physical: from.readUInt32LE(at + index * EXTENT_SIZE + 4),
    count: from.readUInt32LE(at + index * EXTENT_SIZE + 8),
  }));
}
