import { randomUUID } from 'node:crypto';
import { DmError, type FilesystemType, sameDevice } from '@dmthin/domain';
import type { BlockHandle, BlockLayer, CancelSignal, FilesystemInfo, Filesystems, MakeOptions } from '@dmthin/ports';
import type { DevicePaths } from '../device/device-paths.ts';
import { whenResumed } from '../device/when-resumed.ts';
import { blocksOf, formatDisk, MIN_BLOCKS } from '../disk-format/format-disk.ts';
import type { HostFaults } from '../fault/faults.ts';
import type { FakeMounts } from '../mount/fake-mounts.ts';
import { readExt4Arguments } from './ext4-arguments.ts';
import { type MkfsSettings, refuse } from './mkfs-settings.ts';
import { probeDevice } from './probe-device.ts';
import { readXfsArguments } from './xfs-arguments.ts';

/** mkfs.xfs makes nothing smaller. */
const XFS_MIN_BLOCKS = 4096;

export interface FilesystemOptions {
  readonly layer: BlockLayer;
  readonly paths: DevicePaths;
  readonly faults: HostFaults;
  readonly mounts: FakeMounts;
  readonly supported: readonly FilesystemType[];
  /** Runs the close of a plain open. */
  readonly close: (handle: BlockHandle) => void;
}

export class FakeFilesystems implements Filesystems {
  readonly #options: FilesystemOptions;

  constructor(options: FilesystemOptions) {
    this.#options = options;
  }

  supported(): Promise<readonly FilesystemType[]> {
    return Promise.resolve(this.#options.supported);
  }

  async probe(path: string): Promise<FilesystemInfo | undefined> {
    this.#options.faults.check('probe', path);
    const handle = this.#options.layer.open(await this.#options.paths.resolve('probe', path), { readOnly: true });
    try {
      return await whenResumed(handle, () => probeDevice(handle));
    } finally {
      this.#options.close(handle);
    }
  }

  async make(path: string, options: MakeOptions, signal?: CancelSignal): Promise<void> {
    const { type } = options;
    this.#options.faults.check('make', path);
    if (!this.#options.supported.includes(type))
      throw new DmError('NOT_SUPPORTED', `mkfs.${type} ${path}: this host has no mkfs.${type}`, {
        operation: 'make',
        subject: path,
        remedy: `Install the programs for ${type}, or choose another filesystem with dm.fs.`,
      });
    const words = options.arguments ?? [];
    const settings = type === 'ext4' ? readExt4Arguments(words, path) : readXfsArguments(words, path);
    const number = await this.#options.paths.resolve('make', path);
    if (signal?.aborted === true)
      throw new DmError('ABORTED', `mkfs.${type} ${path}: cancelled`, { cause: signal.reason, subject: path });
    const handle = this.#options.layer.open(number, { exclusive: true });
    try {
      if (!settings.isDryRun) await whenResumed(handle, () => makeOn(handle, path, type, settings));
    } finally {
      this.#options.close(handle);
    }
  }

  async grow(path: string, mountPoint: string, type: FilesystemType, signal?: CancelSignal): Promise<void> {
    this.#options.faults.check('grow', path);
    if (signal?.aborted === true)
      throw new DmError('ABORTED', `grow ${path}: cancelled`, { cause: signal.reason, subject: path });
    await this.#options.mounts.grow(await this.#options.paths.resolve('grow', path), mountPoint, type);
  }

  /** Nothing here tries again: a write that finds no space fails at once. */
  async setNoSpaceRetries(path: string, _retries: bigint): Promise<void> {
    this.#options.faults.check('setNoSpaceRetries', path);
    const number = await this.#options.paths.resolve('setNoSpaceRetries', path);
    const mounted = await this.#options.mounts.list();
    if (!mounted.some((mount) => mount.type === 'xfs' && sameDevice(mount.number, number)))
      throw new DmError('NOT_FOUND', `no xfs on ${path} is mounted`, { operation: 'setNoSpaceRetries', subject: path });
  }
}

function makeOn(handle: BlockHandle, path: string, type: FilesystemType, settings: MkfsSettings): void {
  const found = probeDevice(handle);
  if (found !== undefined && !settings.force)
    throw refuse(type, path, `it appears to contain an existing filesystem (${found.type}); use -f to force overwrite`);
  if (blocksOf(handle.size) < (type === 'xfs' ? XFS_MIN_BLOCKS : MIN_BLOCKS))
    throw refuse(type, path, `${handle.size} bytes are too few for a filesystem`);
  if (settings.discards) discardAll(handle);
  formatDisk(handle, {
    type,
    uuid: settings.uuid ?? randomUUID(),
    label: settings.label,
    uid: settings.uid,
    gid: settings.gid,
    now: BigInt(Date.now()) * 1_000_000n,
  });
}

function discardAll(handle: BlockHandle): void {
  try {
    handle.discard(0, handle.size);
  } catch (error) {
    // mkfs goes on where the device cannot discard.
    if (!DmError.is(error, 'NOT_SUPPORTED')) throw error;
  }
}
