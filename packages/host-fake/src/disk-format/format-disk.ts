import type { FilesystemType } from '@dmthin/domain';
import { type DiskDevice, DiskFilesystem } from './disk-filesystem.ts';
import { DiskTransaction, type NewInode } from './disk-transaction.ts';
import { NO_ATTRIBUTES, NO_CONTENT } from './inode.ts';
import { BLOCK_SIZE, FIRST_FREE_BLOCK, MAX_BLOCKS, ROOT_INODE, SUPERBLOCKS } from './layout.ts';
import { encodeSignature } from './signature.ts';

export interface NewFilesystem {
  readonly type: FilesystemType;
  readonly uuid: string;
  readonly label: string;
  /** Owner of the root directory. */
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly now: bigint;
}

/** The fewest blocks a filesystem fits in. */
export const MIN_BLOCKS: number = FIRST_FREE_BLOCK + 32;

/** How many blocks of a device of `size` bytes a filesystem uses. */
export function blocksOf(size: number): number {
  return Math.min(MAX_BLOCKS, Math.floor(size / BLOCK_SIZE));
}

/** Writes an empty filesystem: a handful of blocks, however large the device is. */
export function formatDisk(device: DiskDevice, settings: NewFilesystem): void {
  const blocks = blocksOf(device.size);
  // What is left of an older filesystem goes first: its superblocks, and the magic of a btrfs in block 16.
  const zeros = new Uint8Array(BLOCK_SIZE);
  for (const block of [...SUPERBLOCKS, 16])
    if (device.read(block * BLOCK_SIZE, BLOCK_SIZE).some((byte) => byte !== 0)) device.write(block * BLOCK_SIZE, zeros);
  device.write(0, encodeSignature(settings.type, settings.uuid, blocks, settings.label));
  const transaction = new DiskTransaction(DiskFilesystem.empty(device, { ...settings, blocks }));
  const root = emptyDirectory(settings, 0o755);
  // ext4 alone keeps a directory for what a check finds (mke2fs).
  if (settings.type === 'ext4') {
    const found = ROOT_INODE + 1;
    transaction.set(found, emptyDirectory(settings, 0o700));
    transaction.set(ROOT_INODE, { ...root, content: transaction.directoryContent(new Map([['lost+found', found]])) });
  } else transaction.set(ROOT_INODE, root);
  transaction.commit();
}

function emptyDirectory({ uid, gid, now }: NewFilesystem, mode: number): NewInode {
  return {
    kind: 'directory',
    mode,
    uid,
    gid,
    mtime: now,
    major: 0,
    minor: 0,
    content: NO_CONTENT,
    attributes: NO_ATTRIBUTES,
  };
}
