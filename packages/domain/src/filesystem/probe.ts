/** What is on a device, by its magic. */
export interface ProbedFilesystem {
  readonly type: 'btrfs' | 'ext4' | 'xfs';
  /** In lower case with dashes; empty where none is set. */
  readonly uuid: string;
}

/** How many bytes from a device's start `probeFilesystem` looks at: up to the end of the btrfs magic. */
export const PROBE_LENGTH = 0x10048;

interface Signature {
  readonly type: ProbedFilesystem['type'];
  readonly offset: number;
  readonly magic: readonly number[];
  readonly uuidOffset: number;
}

const UUID_LENGTH = 16;
/** In the order in which Docker looks (docker-devicemapper.md 7.5). ext2 and ext3 have ext4's magic, and mount as it. */
const SIGNATURES: readonly Signature[] = [
  // btrfs_super_block at 64 KiB: fsid at 0x20, magic at 0x40.
  { type: 'btrfs', offset: 0x10040, magic: ascii('_BHRfS_M'), uuidOffset: 0x10020 },
  // ext4_super_block at 1 KiB: s_magic at 0x38, little-endian 0xEF53, s_uuid at 0x68.
  { type: 'ext4', offset: 0x438, magic: [0x53, 0xef], uuidOffset: 0x468 },
  // xfs_dsb at 0: sb_magicnum at 0, sb_uuid at 32.
  { type: 'xfs', offset: 0, magic: ascii('XFSB'), uuidOffset: 32 },
];

/** What filesystem begins with these bytes; undefined where it is none of the three, or the bytes end before its magic. */
export function probeFilesystem(start: Uint8Array): ProbedFilesystem | undefined {
  const found = SIGNATURES.find(({ offset, magic }) => magic.every((byte, index) => start[offset + index] === byte));
  if (found === undefined) return undefined;
  const uuid = start.subarray(found.uuidOffset, found.uuidOffset + UUID_LENGTH);
  return { type: found.type, uuid: formatUuid(uuid) };
}

function formatUuid(uuid: Uint8Array): string {
  if (uuid.length < UUID_LENGTH || uuid.every((byte) => byte === 0)) return '';
  const hex = Array.from(uuid, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}

function ascii(text: string): readonly number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
