import { DmError } from '@dmthin/domain';
import type { FileAttributes } from '@dmthin/ports';
import type { FileStat } from '../file/file-stat.ts';
import { hostPath, type RawPath } from '../path/raw-path.ts';

/** The one extended attribute that layers carry (docker-devicemapper.md, Appendix A). */
export const CAPABILITY = 'security.capability';

/** The very same file: nothing below it can differ, and nothing has to be looked at. */
export function isSameInode(one: FileStat, other: FileStat): boolean {
  return one.inode === other.inode && one.device === other.device;
}

/** Whether Docker's naive comparison calls a file of this name modified, by what stat alone says. */
export function isStatDifferent(before: FileStat, after: FileStat): boolean {
  return (
    before.type !== after.type ||
    before.permissions !== after.permissions ||
    before.uid !== after.uid ||
    before.gid !== after.gid ||
    before.major !== after.major ||
    before.minor !== after.minor ||
    (after.type !== 'directory' && (before.size !== after.size || !isSameTime(before.modifiedNs, after.modifiedNs)))
  );
}

/**
 * Whether a capability was set, changed or taken away. A snapshot keeps inode numbers and change times, so where both
 * are as they were nobody touched the inode and the attributes need not be read.
 */
export async function isCapabilityDifferent(
  attributes: FileAttributes,
  before: { readonly path: RawPath; readonly stat: FileStat },
  after: { readonly path: RawPath; readonly stat: FileStat },
): Promise<boolean> {
  if (after.stat.type !== 'file') return false;
  if (before.stat.inode === after.stat.inode && before.stat.changedNs === after.stat.changedNs) return false;
  const [one, other] = await Promise.all([
    readCapability(attributes, before.path),
    readCapability(attributes, after.path),
  ]);
  return Buffer.compare(one ?? EMPTY, other ?? EMPTY) !== 0;
}

/** undefined: none is set, or the file system has no attributes. */
export async function readCapability(attributes: FileAttributes, path: RawPath): Promise<Uint8Array | undefined> {
  try {
    return await attributes.read(hostPath(path), CAPABILITY);
  } catch (error) {
    if (DmError.is(error, 'NOT_SUPPORTED', 'NO_DATA', 'NOT_FOUND')) return undefined;
    throw error;
  }
}

const EMPTY = new Uint8Array();
const SECOND = 1_000_000_000n;

/** Tars and some file systems keep whole seconds, so a time without a fraction equals any within its second. */
function isSameTime(one: bigint, other: bigint): boolean {
  if (one === other) return true;
  if (one % SECOND !== 0n && other % SECOND !== 0n) return false;
  return secondsOf(one) === secondsOf(other);
}

/** Whole seconds, rounded down before 1970 too. */
export function secondsOf(nanoseconds: bigint): bigint {
  const seconds = nanoseconds / SECOND;
  return nanoseconds % SECOND < 0n ? seconds - 1n : seconds;
}
