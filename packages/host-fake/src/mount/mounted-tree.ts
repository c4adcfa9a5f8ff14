import { readFile, writeFile } from 'node:fs/promises';
import type { DeviceNumber } from '@dmthin/domain';
import { DmError } from '@dmthin/domain';
import type { BlockHandle, MountPoint } from '@dmthin/ports';
import { whenResumed } from '../device/when-resumed.ts';
import type { BlockRun } from '../disk-format/block-map.ts';
import { DiskFilesystem } from '../disk-format/disk-filesystem.ts';
import { DiskTransaction } from '../disk-format/disk-transaction.ts';
import { blocksOf } from '../disk-format/format-disk.ts';
import { BLOCK_SIZE } from '../disk-format/layout.ts';
import { asHostError, hostError } from '../error/host-error.ts';
import { Baseline } from './baseline.ts';
import { type BytePath, bytePath } from './byte-path.ts';
import { releasable } from './discards.ts';
import { type FileFacts, isSameFile } from './file-facts.ts';
import { FileTimes } from './file-times.ts';
import { materialize } from './materialize.ts';
import type { MountSettings } from './mount-options.ts';
import type { MountPlace } from './mount-place.ts';
import { Scan } from './scan.ts';
import { TimeSlice } from './time-slice.ts';
import { Turns } from './turns.ts';
import { WriteBack } from './write-back.ts';

/** A mount as it is saved between two runs. */
export interface SavedMount {
  readonly id: number;
  readonly directory: string;
  readonly point: MountPoint;
  readonly uuid: string;
  readonly settings: MountSettings;
}

export interface TreeParts {
  readonly handle: BlockHandle;
  readonly place: MountPlace;
  readonly point: MountPoint;
  readonly uuid: string;
  readonly settings: MountSettings;
  /** Directories within this mount on which others are mounted, and where what is under those lies. */
  readonly covered: () => ReadonlyMap<BytePath, BytePath>;
}

/** A mounted filesystem: the files in its directory, and the device that they are written back to. */
export class MountedTree {
  readonly point: MountPoint;
  readonly uuid: string;
  readonly settings: MountSettings;
  readonly place: MountPlace;
  readonly #handle: BlockHandle;
  readonly #covered: TreeParts['covered'];
  readonly #turns = new Turns();
  #location: BytePath;
  #knownTimes: FileTimes | undefined;
  #isHidden = false;
  #isClosed = false;
  #state: { readonly filesystem: DiskFilesystem; baseline: Baseline } | undefined;

  constructor({ handle, place, point, uuid, settings, covered }: TreeParts) {
    this.point = point;
    this.uuid = uuid;
    this.settings = settings;
    this.place = place;
    this.#handle = handle;
    this.#covered = covered;
    this.#location = bytePath(place.target);
  }

  get device(): DeviceNumber {
    return this.#handle.number;
  }

  /** Reads the filesystem and puts its files into the target. @throws DmError CORRUPT, IO, NO_SPACE (of the host). */
  async show(): Promise<void> {
    this.#state = await whenResumed(this.#handle, async () => {
      const filesystem = this.#load();
      await this.place.clear();
      const baseline = await materialize(filesystem, bytePath(this.place.root), this.#times, new TimeSlice());
      return { filesystem, baseline };
    });
    await this.place.show();
  }

  /** Writes back what changed. @throws DmError NO_SPACE, IO: the device keeps what was written back last. */
  sync(): Promise<void> {
    return this.#turns.take(() => this.#writeBack());
  }

  /**
   * Gives the target back what was there before, then writes back. The device is closed and the files are deleted,
   * whatever became of the write-back.
   * @throws DmError NO_SPACE, IO, as `sync`. BUSY: the target cannot be moved; it is still mounted.
   */
  hide(onHidden: () => void): Promise<void> {
    return this.#turns.take(async () => {
      // Two may have asked for it at once.
      if (this.#isHidden) throw hostError('unmount', this.point.target, 'EINVAL', 'nothing is mounted there');
      await this.place.hide();
      this.#isHidden = true;
      this.#location = bytePath(this.place.gone);
      onHidden();
      const failure = await failureOf(this.point.target, this.#writeBack());
      this.close();
      const undoError = await failureOf(this.point.target, this.place.remove());
      if (failure !== undefined && undoError !== undefined)
        throw new DmError(failure.code, failure.message, { ...failure, cause: failure, undoError });
      if (failure !== undefined || undoError !== undefined) throw failure ?? undoError;
    });
  }

  /** Uses all of the device. @throws DmError NO_SPACE, IO. */
  grow(): Promise<void> {
    return this.#turns.take(async () => {
      const { filesystem } = await this.#ready();
      const blocks = blocksOf(this.#handle.size);
      if (blocks <= filesystem.superblock.blocks) return;
      if (this.settings.isReadOnly) throw hostError('grow', this.point.target, 'EROFS', 'it is mounted read-only');
      await whenResumed(this.#handle, () => {
        const transaction = new DiskTransaction(filesystem);
        transaction.growTo(blocks);
        transaction.commit();
      });
    });
  }

  /** The extended attributes of a file of this mount. */
  attributes(facts: FileFacts): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.#turns.take(async () => this.#attributes(facts));
  }

  setAttribute(facts: FileFacts, name: string, value: Uint8Array): Promise<void> {
    return this.#turns.take(async () => {
      const values = new Map(await this.#attributes(facts)).set(name, Uint8Array.from(value));
      const { baseline } = await this.#ready();
      baseline.pending.set(facts.ino, { birth: facts.birth, values });
    });
  }

  /** Saves what is remembered of the files, so that a later run can go on with this mount. */
  save(): Promise<SavedMount> {
    return this.#turns.take(async () => {
      if (this.#state !== undefined) await writeFile(this.place.baseline, this.#state.baseline.encode());
      const { place, point, uuid, settings } = this;
      return { id: place.id, directory: place.directory, point, uuid, settings };
    });
  }

  /** Lets go of the device without writing anything. */
  close(): void {
    if (!this.#isClosed) this.#handle.close();
    this.#isClosed = true;
  }

  async #writeBack(): Promise<void> {
    // A freeze may have waited for the unmount.
    if (this.settings.isReadOnly || this.#isClosed) return;
    try {
      await whenResumed(this.#handle, () => this.#writeChanges());
    } catch (error) {
      throw this.#explained(error);
    }
  }

  async #writeChanges(): Promise<void> {
    const state = await this.#ready();
    const slice = new TimeSlice();
    const scan = new Scan(slice, this.#covered());
    try {
      const root = await scan.find(this.#location);
      if (root?.facts.kind !== 'directory')
        throw hostError('sync', this.point.target, 'EIO', 'its directory was taken away under the mount');
      const { baseline, released } = await new WriteBack(state.filesystem, state.baseline, this.#times, slice).run(
        root,
      );
      state.baseline = baseline;
      if (this.settings.discards) this.#discard(state.filesystem, released);
    } finally {
      scan.close();
    }
  }

  #discard(filesystem: DiskFilesystem, released: readonly BlockRun[]): void {
    for (const { start, count } of releasable(filesystem.map, released)) {
      try {
        this.#handle.discard(start * BLOCK_SIZE, count * BLOCK_SIZE);
      } catch (error) {
        // A filesystem goes without where the device cannot.
        if (DmError.is(error, 'NOT_SUPPORTED')) return;
        throw error;
      }
    }
  }

  async #attributes(facts: FileFacts): Promise<ReadonlyMap<string, Uint8Array>> {
    const { filesystem, baseline } = await this.#ready();
    const pending = baseline.pending.get(facts.ino);
    if (pending?.birth === facts.birth) return pending.values;
    const known = baseline.files.get(facts.ino);
    if (known === undefined || !isSameFile(known.facts, facts)) return new Map();
    return filesystem.inode(known.inode).attributes;
  }

  /** After a restart, what is needed is read when it is needed first. */
  async #ready(): Promise<{ readonly filesystem: DiskFilesystem; baseline: Baseline }> {
    if (this.#state === undefined) {
      const baseline = Baseline.decode(await readFile(this.place.baseline, 'utf8'));
      this.#state = { filesystem: await whenResumed(this.#handle, () => this.#load()), baseline };
    }
    return this.#state;
  }

  get #times(): FileTimes {
    this.#knownTimes ??= FileTimes.probe(this.place.directory);
    return this.#knownTimes;
  }

  #load(): DiskFilesystem {
    const superblock = DiskFilesystem.superblock(this.#handle);
    if (superblock === undefined)
      throw hostError('mount', this.point.target, 'EINVAL', `${this.point.source} has no filesystem of the fake host`, {
        remedy: 'A filesystem that a real mkfs made can be mounted on a real kernel only; format the device here.',
      });
    if (superblock.blocks > blocksOf(this.#handle.size))
      throw hostError(
        'mount',
        this.point.target,
        'EINVAL',
        `the filesystem is larger than its device: ${superblock.blocks} blocks on ${this.#handle.size} bytes`,
      );
    return DiskFilesystem.load(this.#handle, superblock);
  }

  #explained(error: unknown): DmError {
    if (!DmError.is(error, 'NO_SPACE')) return asHostError('sync', this.point.target, error);
    return hostError(
      'sync',
      this.point.target,
      'ENOSPC',
      `the last changes are not on ${this.point.source}: ${error.message}`,
      {
        cause: error,
        remedy: 'Free space in the pool or the filesystem, and sync again before unmounting.',
      },
    );
  }
}

async function failureOf(target: string, action: Promise<void>): Promise<DmError | undefined> {
  try {
    await action;
    return undefined;
  } catch (error) {
    return asHostError('unmount', target, error);
  }
}
