import { open, readlink } from 'node:fs/promises';
import { type Bytes, bytes, containerOwner, DmError, type IdMaps } from '@dmthin/domain';
import type { CancelSignal, FileAttributes } from '@dmthin/ports';
import { throwIfAborted } from '../file/abort.ts';
import { fileError } from '../file/file-error.ts';
import type { FileStat } from '../file/file-stat.ts';
import { mapAhead } from '../file/in-parallel.ts';
import { hostPath, type RawPath, rawPath, showPath } from '../path/raw-path.ts';
import { encodeHeader, TAR_END } from '../tar/encode-header.ts';
import { paddingAfter, type TarEntry, type TarEntryType } from '../tar/tar-entry.ts';
import { hostPathIn, type TreeChange } from '../tree/compare-trees.ts';
import { CAPABILITY, readCapability, secondsOf } from '../tree/same-file.ts';
import { portableCapability } from './capability.ts';
import { HardLinks } from './hard-links.ts';
import { looksLikeWhiteout, whiteoutOf } from './whiteout.ts';

export interface ExportOptions {
  readonly attributes: FileAttributes;
  /** The tar has the owners that the files have in this user namespace. */
  readonly idMaps?: IdMaps | undefined;
  /** What whiteouts are dated with, in milliseconds. */
  readonly now: number;
  readonly signal?: CancelSignal | undefined;
  /** Told of each file that was written, with its time: see `waitOutTheSecond`. */
  readonly onFile?: ((stat: FileStat) => void) | undefined;
}

/** How many small files are read ahead, and up to which size a file is small: 2 MiB in memory at most. */
const FILES_AHEAD = 32;
const SMALL = 64 * 1024;
const READ_SIZE = 256 * 1024;
const CHUNK_SIZE = 128 * 1024;

/**
 * Changes as a tar, as Docker writes it (docker-devicemapper.md, Appendix A): whiteouts for what is gone, times in whole
 * seconds, no attribute but `security.capability`, a hard link where the inode was written before. Sockets are left out.
 *
 * @throws DmError CONFLICT: a file was changed while it was read. NOT_SUPPORTED: a file that reads as a whiteout.
 */
export async function* exportDiff(
  root: RawPath,
  changes: AsyncIterable<TreeChange>,
  options: ExportOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const links = new HardLinks();
  const pending: Buffer[] = [];
  let pendingSize = 0;
  const files = mapAhead(changes, FILES_AHEAD, (change) => lookAhead(root, change, options));
  for await (const file of files) {
    throwIfAborted(options.signal, 'diff');
    if (file === undefined) continue;
    for await (const part of partsOf(file, links)) {
      pending.push(part);
      pendingSize += part.length;
      if (pendingSize < CHUNK_SIZE) continue;
      yield Buffer.concat(pending.splice(0));
      pendingSize = 0;
    }
  }
  yield Buffer.concat([...pending, TAR_END]);
}

/** An entry, ready to be written, with its content where that is small. */
interface ReadyFile {
  readonly path: RawPath;
  readonly entry: TarEntry;
  readonly stat: FileStat | undefined;
  readonly content: Buffer | undefined;
}

async function lookAhead(root: RawPath, change: TreeChange, options: ExportOptions): Promise<ReadyFile | undefined> {
  if (change.kind === 'delete') return whiteout(change.path, options.now);
  if (looksLikeWhiteout(change.path)) throw unwritable(change.path);
  const { stat } = change;
  if (stat.type === 'socket') return undefined;
  const path = hostPathIn(root, change.path);
  options.onFile?.(stat);
  try {
    const entry = await entryOf(change.path, path, stat, options);
    const isSmall = stat.type === 'file' && stat.size <= SMALL && stat.links === 1;
    return { path, entry, stat, content: isSmall ? await readSmall(path, stat.size) : undefined };
  } catch (error) {
    // A layer in use may lose a file between the walk and the look at it; then it is not in the layer.
    if (DmError.is(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

async function* partsOf(file: ReadyFile, links: HardLinks): AsyncGenerator<Buffer, void, undefined> {
  const { entry, stat } = file;
  const first = stat === undefined ? undefined : links.firstNameOf(stat, entry.path);
  if (first !== undefined) {
    yield encodeHeader({ ...entry, type: 'link', size: 0, linkPath: first, attributes: new Map() });
    return;
  }
  yield stat === undefined ? encodeHeader(entry, 0) : encodeHeader(entry);
  if (entry.size === 0) return;
  if (file.content === undefined) yield* readLarge(file.path, entry.size);
  else yield file.content;
  yield Buffer.alloc(paddingAfter(entry.size));
}

async function entryOf(
  name: RawPath,
  path: RawPath,
  stat: FileStat,
  { attributes, idMaps }: ExportOptions,
): Promise<TarEntry> {
  const isFile = stat.type === 'file';
  const capability = isFile ? await readCapability(attributes, path) : undefined;
  return {
    path: `${name.slice(1)}${stat.type === 'directory' ? '/' : ''}` as RawPath,
    type: stat.type as TarEntryType,
    mode: stat.permissions,
    ...(idMaps === undefined ? { uid: stat.uid, gid: stat.gid } : containerOwner(idMaps, stat)),
    size: isFile ? stat.size : 0,
    modified: { seconds: Number(secondsOf(stat.modifiedNs)), nanoseconds: 0 },
    linkPath: stat.type === 'symlink' ? await readLink(path) : ('' as RawPath),
    major: stat.major,
    minor: stat.minor,
    attributes: capability === undefined ? new Map() : new Map([[CAPABILITY, portableCapability(capability)]]),
  };
}

function whiteout(path: RawPath, now: number): ReadyFile {
  const name = whiteoutOf(path.slice(1) as RawPath);
  const entry: TarEntry = {
    path: name,
    type: 'file',
    mode: 0,
    uid: 0,
    gid: 0,
    size: 0,
    modified: { seconds: Math.floor(now / 1000), nanoseconds: 0 },
    linkPath: '' as RawPath,
    major: 0,
    minor: 0,
    attributes: new Map(),
  };
  return { path: name, entry, stat: undefined, content: undefined };
}

async function readLink(path: RawPath): Promise<RawPath> {
  try {
    return rawPath(await readlink(hostPath(path), 'buffer'));
  } catch (error) {
    throw fileError(error, 'read link', path);
  }
}

async function readSmall(path: RawPath, size: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of readLarge(path, size)) parts.push(part);
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

/** `size` bytes of a file: a header has said how many there are, so neither more nor less will do. */
async function* readLarge(path: RawPath, size: number): AsyncGenerator<Buffer, void, undefined> {
  if (size === 0) return;
  const file = await open(hostPath(path), 'r').catch((error: unknown) => {
    throw fileError(error, 'open', path);
  });
  try {
    for (let position = 0; position < size; ) {
      const length = Math.min(READ_SIZE, size - position);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
      if (bytesRead === 0) throw changedWhileRead(path, size, position);
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw fileError(error, 'read', path);
  } finally {
    await file.close();
  }
}

/** The sum of the sizes of what was added or modified; a file with several names counts once. */
export async function sizeOfChanges(changes: AsyncIterable<TreeChange>): Promise<Bytes> {
  const links = new HardLinks();
  let size = 0n;
  for await (const { kind, path, stat } of changes) {
    if (kind === 'delete' || stat.type === 'directory') continue;
    if (links.firstNameOf(stat, path) === undefined) size += BigInt(stat.size);
  }
  return bytes(size);
}

function changedWhileRead(path: RawPath, size: number, found: number): DmError {
  return new DmError('CONFLICT', `${showPath(path)} had ${size} bytes and ends at ${found} now: it is being written`, {
    operation: 'diff',
    subject: showPath(path),
    remedy: 'Stop or pause what writes into the layer, then make the diff again.',
  });
}

function unwritable(path: RawPath): DmError {
  return new DmError('NOT_SUPPORTED', `a layer's tar cannot hold "${showPath(path)}": its name reads as a whiteout`, {
    operation: 'diff',
    subject: showPath(path),
    remedy: 'Rename or remove it; names that begin with .wh. mean that something is gone.',
  });
}
