import { mkdir, realpath } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type DevicePrefix, DmError, devicePrefix, type VolumeId } from '@dmthin/domain';
import { fileError } from '../file/file-error.ts';
import { deviceNumberOf, statFile } from '../file/file-stat.ts';
import { rawPathOfText } from '../path/raw-path.ts';

/** Where things are in a root: Docker's places (docker-devicemapper.md 4), and our own beside them. */
export interface RootLayout {
  readonly root: string;
  /** Mount points, one a layer. */
  readonly mounts: string;
  /** Files behind a pool of loop devices; also as they are named in records, from the root. */
  readonly loopDirectory: string;
  readonly dataFile: string;
  readonly metadataFile: string;
  /**
   * What Docker has no place for: which layer was made from which, which filesystems are still to be grown, and which
   * layers are being filled.
   */
  readonly parents: string;
  readonly growing: string;
  /** Devices on which a set-up of direct-lvm was begun and is not finished. */
  readonly settingUp: string;
  /** Docker's own: what direct-lvm was set up with. */
  readonly setupConfig: string;
  /** Records that could not be read. */
  readonly broken: string;
  readonly filling: string;
  /** That this root holds a metadata snapshot of its pool. */
  readonly holding: string;
  /** What the contents of layers are called that were sent or received. */
  readonly identities: string;
  /** Which layers are half received. */
  readonly receiving: string;
}

export const DATA_FILE = 'devicemapper/data';
export const METADATA_FILE = 'devicemapper/metadata';
/** Docker never looks in here. */
const OWN = 'dmthin';

/**
 * Makes what is missing of the root, but not above it, and resolves links: mount tables name real paths.
 * @throws DmError INVALID_ARGUMENT: not absolute. NOT_PERMITTED, NOT_FOUND: it cannot be made.
 */
export async function openRoot(path: string): Promise<RootLayout> {
  if (!isAbsolute(path))
    throw new DmError('INVALID_ARGUMENT', `the root ${JSON.stringify(path)} is not an absolute path`, {
      operation: 'open',
      subject: path,
      remedy: 'Give it from / on.',
    });
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const layout = layoutOf(await realpath(path));
    await mkdir(layout.mounts, { recursive: true, mode: 0o755 });
    const { loopDirectory, parents, growing, filling, holding, identities, receiving } = layout;
    for (const directory of [loopDirectory, parents, growing, filling, holding, identities, receiving])
      await mkdir(directory, { recursive: true, mode: 0o700 });
    return layout;
  } catch (error) {
    throw fileError(error, 'prepare root', rawPathOfText(path), {
      remedy: 'Choose a root that this user may write to (--root), or run as its owner.',
    });
  }
}

export function layoutOf(root: string): RootLayout {
  return {
    root,
    mounts: join(root, 'mnt'),
    loopDirectory: join(root, 'devicemapper'),
    dataFile: join(root, DATA_FILE),
    metadataFile: join(root, METADATA_FILE),
    parents: join(root, OWN, 'parents'),
    growing: join(root, OWN, 'growing'),
    settingUp: join(root, OWN, 'direct-lvm'),
    setupConfig: join(root, 'setup-config.json'),
    broken: join(root, OWN, 'broken'),
    filling: join(root, OWN, 'filling'),
    holding: join(root, OWN, 'holding'),
    identities: join(root, OWN, 'identities'),
    receiving: join(root, OWN, 'receiving'),
  };
}

/** Where a layer's filesystem is mounted. */
export function mountPointOf(layout: RootLayout, id: VolumeId): string {
  return join(layout.mounts, id);
}

/** What a layer shows of it: what is beside this directory is not the layer's. */
export function rootfsOf(layout: RootLayout, id: VolumeId): string {
  return join(mountPointOf(layout, id), 'rootfs');
}

/** What the devices of this root are called after. */
export async function prefixOf({ root }: RootLayout): Promise<DevicePrefix> {
  const stat = await statFile(rawPathOfText(root));
  if (stat === undefined) throw new DmError('NOT_FOUND', `devmapper: Error looking up dir ${root}`, { subject: root });
  return devicePrefix({ number: deviceNumberOf(stat.device), inode: stat.inode });
}
