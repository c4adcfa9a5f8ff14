import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type DeviceNumber, DmError, type FilesystemType, filesystemType, sameDevice } from '@dmthin/domain';
import type { BlockHandle, BlockLayer, MountPoint, MountRequest, Mounts, UnmountOptions } from '@dmthin/ports';
import type { DevicePaths } from '../device/device-paths.ts';
import { whenResumed } from '../device/when-resumed.ts';
import { asHostError, hostError } from '../error/host-error.ts';
import type { HostFaults } from '../fault/faults.ts';
import { probeDevice } from '../filesystem/probe-device.ts';
import { type BytePath, bytePath } from './byte-path.ts';
import { type MountSettings, readMountOptions } from './mount-options.ts';
import { MountPlace } from './mount-place.ts';
import { MountedTree, type SavedMount } from './mounted-tree.ts';

export interface FakeMountOptions {
  readonly layer: BlockLayer;
  readonly paths: DevicePaths;
  readonly faults: HostFaults;
  readonly supported: readonly FilesystemType[];
  /** Closes a device that was not mounted after all. */
  readonly close: (handle: BlockHandle) => void;
  /** Where what belongs to mounts is kept. */
  readonly stateDirectory: string;
}

/** Mounts whose files are real ones, in the target directory. */
export class FakeMounts implements Mounts {
  readonly #options: FakeMountOptions;
  readonly #trees = new Map<string, MountedTree>();
  /** Targets that are being mounted on. */
  readonly #pending = new Set<string>();
  #nextId = 1;

  constructor(options: FakeMountOptions) {
    this.#options = options;
  }

  async mount(request: MountRequest): Promise<void> {
    const target = await this.#directory(request.target);
    this.#options.faults.check('mount', target);
    const type = this.#type(request.type, request.source);
    const settings = readMountOptions(type, request.options ?? [], request.source);
    const number = await this.#options.paths.resolve('mount', request.source);
    if (this.#trees.has(target) || this.#pending.has(target))
      throw hostError('mount', target, 'EBUSY', 'something is mounted there already', {
        remedy: 'Unmount it first, or mount on another directory.',
      });
    this.#pending.add(target);
    try {
      await this.#mount(request.source, number, target, type, settings);
    } finally {
      this.#pending.delete(target);
    }
  }

  async unmount(target: string, options: UnmountOptions = {}): Promise<void> {
    const path = await this.#settle(target);
    this.#options.faults.check('unmount', path);
    const tree = this.#at('unmount', path);
    const inner = [...this.#trees.keys()].filter((other) => other !== path && isWithin(other, path));
    if (inner.length > 0 && options.lazy !== true)
      throw hostError('unmount', path, 'EBUSY', `${inner.join(', ')} is mounted within`, {
        remedy: 'Unmount that first, or unmount lazily.',
      });
    // The deepest first, so that none takes another's directory away; one that fails is unmounted all the same.
    const trees = inner.sort((a, b) => b.length - a.length).map((other) => this.#at('unmount', other));
    const failures: unknown[] = [];
    for (const each of [...trees, tree]) await this.#unmount(each).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  async find(target: string): Promise<MountPoint | undefined> {
    return this.#trees.get(await this.#settle(target))?.point;
  }

  list(): Promise<readonly MountPoint[]> {
    return Promise.resolve([...this.#trees.values()].map(({ point }) => point));
  }

  async sync(target: string): Promise<void> {
    const path = await this.#settle(target);
    this.#options.faults.check('sync', path);
    const tree = this.containing(path);
    if (tree !== undefined) return tree.sync();
    // Of the real host's own files nothing is asked: they are the real host's.
    try {
      await stat(path);
    } catch (error) {
      throw asHostError('sync', path, error);
    }
  }

  /** Grows what is mounted at `target`. @throws DmError NOT_FOUND, INVALID_ARGUMENT, NO_SPACE, IO. */
  async grow(number: DeviceNumber, target: string, type: FilesystemType): Promise<void> {
    const path = await this.#settle(target);
    const tree = this.#trees.get(path);
    if (tree === undefined || !sameDevice(tree.device, number))
      throw new DmError('NOT_FOUND', `grow ${path}: the device is not mounted there`, {
        operation: 'grow',
        subject: path,
      });
    if (tree.point.type !== type) throw hostError('grow', path, 'EINVAL', `it is ${tree.point.type}, not ${type}`);
    await tree.grow();
  }

  /** The mount that holds what is at an absolute path; undefined for the real host's own files. */
  containing(path: string): MountedTree | undefined {
    for (let at = path; ; at = dirname(at)) {
      const tree = this.#trees.get(at);
      if (tree !== undefined || at === dirname(at)) return tree;
    }
  }

  save(): Promise<SavedMount[]> {
    return Promise.all([...this.#trees.values()].map((tree) => tree.save()));
  }

  /** Takes up the mounts of an earlier run. @throws DmError NOT_FOUND: a device is not there. */
  async restore(saved: readonly SavedMount[]): Promise<void> {
    for (const mount of saved) {
      const { id, directory, point, uuid, settings } = mount;
      const place = MountPlace.at(this.#state, id, point.target, directory);
      this.#nextId = Math.max(this.#nextId, id + 1);
      const handle = this.#open(point.number, point.target, settings);
      this.#trees.set(point.target, this.#tree(handle, point, place, uuid, settings));
    }
  }

  /** As after a power cut: nothing is mounted, nothing is written back, and the targets are what they were before. */
  async reset(): Promise<void> {
    for (const tree of this.#trees.values()) tree.close();
    this.#trees.clear();
    await mkdir(this.#state, { recursive: true });
    for (const place of await MountPlace.left(this.#state)) {
      if (await place.isShown()) await place.hide();
      await place.remove();
    }
  }

  async #mount(
    source: string,
    number: DeviceNumber,
    target: string,
    type: FilesystemType,
    settings: MountSettings,
  ): Promise<void> {
    const handle = this.#open(number, target, settings);
    let place: MountPlace | undefined;
    try {
      const uuid = await this.#identify(source, handle, type, settings);
      place = await MountPlace.create(this.#state, this.#nextId++, target);
      const tree = this.#tree(handle, { target, source, type, number }, place, uuid, settings);
      await tree.show();
      this.#trees.set(target, tree);
    } catch (error) {
      this.#options.close(handle);
      await place?.remove();
      throw asHostError('mount', target, error);
    }
  }

  async #unmount(tree: MountedTree): Promise<void> {
    await tree.hide(() => this.#trees.delete(tree.point.target));
  }

  #open(number: DeviceNumber, target: string, settings: MountSettings): BlockHandle {
    return this.#options.layer.open(number, {
      exclusive: true,
      readOnly: settings.isReadOnly,
      freeze: async () => {
        await this.#trees.get(target)?.sync();
      },
    });
  }

  #tree(handle: BlockHandle, point: MountPoint, place: MountPlace, uuid: string, settings: MountSettings): MountedTree {
    return new MountedTree({ handle, place, point, uuid, settings, covered: () => this.#covered(point.target) });
  }

  /** The uuid of the filesystem on a device. @throws DmError INVALID_ARGUMENT: not of that type, or mounted already. */
  async #identify(source: string, handle: BlockHandle, type: FilesystemType, settings: MountSettings): Promise<string> {
    const found = await whenResumed(handle, () => probeDevice(handle));
    if (found?.type !== type)
      throw hostError('mount', source, 'EINVAL', `it holds ${found?.type ?? 'no filesystem'}, not ${type}`, {
        remedy: 'Name the type that is on it, or format it.',
      });
    const isTaken = [...this.#trees.values()].some(
      (tree) => tree.point.type === 'xfs' && tree.uuid === found.uuid && !tree.settings.ignoresUuid,
    );
    if (type === 'xfs' && isTaken && !settings.ignoresUuid)
      throw hostError('mount', source, 'EINVAL', `a filesystem with its uuid ${found.uuid} is mounted already`, {
        remedy: 'Mount copies of a mounted xfs with the option nouuid.',
      });
    return found.uuid;
  }

  #covered(target: string): ReadonlyMap<BytePath, BytePath> {
    const inner = [...this.#trees.values()].filter(
      ({ point }) => point.target !== target && isWithin(point.target, target),
    );
    return new Map(inner.map(({ place }) => [bytePath(place.target), bytePath(place.under)]));
  }

  #type(type: string, source: string): FilesystemType {
    if (!this.#options.supported.some((known) => known === type))
      throw hostError('mount', source, 'ENODEV', `this host knows no filesystem ${type}`, {
        remedy: `Use one of ${this.#options.supported.join(', ')}.`,
      });
    return filesystemType(type);
  }

  async #directory(target: string): Promise<string> {
    try {
      const path = await realpath(target);
      if ((await stat(path)).isDirectory()) return path;
    } catch (error) {
      throw asHostError('mount', target, error);
    }
    throw hostError('mount', target, 'ENOTDIR', 'the mount point is not a directory');
  }

  /** The path with its links followed, as far as it is there. */
  async #settle(target: string): Promise<string> {
    const path = resolve(target);
    return this.#trees.has(path) ? path : realpath(path).catch(() => path);
  }

  #at(operation: string, target: string): MountedTree {
    const tree = this.#trees.get(target);
    if (tree === undefined) throw hostError(operation, target, 'EINVAL', 'nothing is mounted there');
    return tree;
  }

  get #state(): string {
    return join(this.#options.stateDirectory, 'mounts');
  }
}

function isWithin(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);
}
