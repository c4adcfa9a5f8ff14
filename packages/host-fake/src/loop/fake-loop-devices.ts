import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type DeviceNumber, DmError } from '@dmthin/domain';
import type { AttachOptions, BlockLayer, LoopDevice, LoopDevices } from '@dmthin/ports';
import { asHostError, hostError } from '../error/host-error.ts';
import type { HostFaults } from '../fault/faults.ts';
import { type FileBackedStore, LoopStore } from './loop-store.ts';

/** The major number of loop devices (Documentation/admin-guide/devices.txt). */
export const LOOP_MAJOR = 7;

export interface LoopOptions {
  readonly layer: BlockLayer;
  /** Opens an existing file as a store. */
  readonly openStore: (file: string, readOnly: boolean) => FileBackedStore;
  readonly maxLoopDevices: number;
  readonly faults: HostFaults;
}

/** A loop device as it is saved between two runs. */
export interface SavedLoop {
  readonly minor: number;
  readonly file: string;
  readonly readOnly: boolean;
  readonly detached: boolean;
}

interface Loop {
  readonly device: LoopDevice;
  readonly store: LoopStore;
  /** Device and inode of the file. */
  readonly identity: string;
  readonly readOnly: boolean;
  /** Let go of already; goes with its last user. */
  isDetached: boolean;
}

/**
 * Loop devices over files, major 7. One that a table or a mount had goes when that lets go; one that was only opened and
 * closed as a block device stays until it is detached.
 */
export class FakeLoopDevices implements LoopDevices {
  readonly #options: LoopOptions;
  readonly #loops = new Map<number, Loop>();
  /** Minors whose present last close does not count: a plain open, not a user. */
  #plainClose: number | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
    options.layer.onLastClose((number) => {
      if (number.major === LOOP_MAJOR && number.minor !== this.#plainClose) this.#drop(number.minor);
    });
  }

  async attach(file: string, options: AttachOptions = {}): Promise<LoopDevice> {
    const path = resolve(file);
    const readOnly = options.readOnly ?? false;
    this.#options.faults.check('attach', path);
    const { identity } = await regularFile('attach', path);
    const attached = this.#byIdentity(identity);
    if (attached !== undefined) {
      // Whoever attaches it anew wants to keep it.
      attached.isDetached = false;
      return attached.device;
    }
    return this.#attach(this.#freeMinor(path), path, identity, readOnly).device;
  }

  async find(file: string): Promise<LoopDevice | undefined> {
    const found = await stat(file, { bigint: true }).catch(() => undefined);
    return found === undefined ? undefined : this.#byIdentity(`${found.dev}:${found.ino}`)?.device;
  }

  list(): Promise<readonly LoopDevice[]> {
    return Promise.resolve(
      [...this.#loops.values()].map(({ device }) => device).sort((a, b) => a.number.minor - b.number.minor),
    );
  }

  async refreshSize(loop: LoopDevice): Promise<void> {
    const { store, device } = this.#attached(loop);
    const { size } = await regularFile('refreshSize', device.file);
    store.resize(size);
  }

  detach(loop: LoopDevice): Promise<void> {
    this.#options.faults.check('detach', loop.path);
    const attached = this.#loops.get(loop.number.minor);
    if (attached === undefined) return Promise.resolve();
    attached.isDetached = true;
    if (this.#options.layer.openCount(attached.device.number) === 0) this.#drop(loop.number.minor);
    return Promise.resolve();
  }

  /** The number behind `/dev/loopN`, where that is attached. */
  lookup(path: string): DeviceNumber | undefined {
    const match = /^\/dev\/loop(\d{1,7})$/u.exec(path);
    return match === null ? undefined : this.#loops.get(Number(match[1]))?.device.number;
  }

  /** Runs the close of a plain open, after which a loop device nobody detached stays. */
  closePlainly(number: DeviceNumber, close: () => void): void {
    const isKept = number.major === LOOP_MAJOR && this.#loops.get(number.minor)?.isDetached === false;
    this.#plainClose = isKept ? number.minor : undefined;
    try {
      close();
    } finally {
      this.#plainClose = undefined;
    }
  }

  save(): SavedLoop[] {
    return [...this.#loops.values()].map(({ device, readOnly, isDetached }) => ({
      minor: device.number.minor,
      file: device.file,
      readOnly,
      detached: isDetached,
    }));
  }

  /** @throws DmError NOT_FOUND: a file is not there any more. */
  async restore(saved: readonly SavedLoop[]): Promise<void> {
    for (const { minor, file, readOnly, detached } of saved) {
      const { identity } = await regularFile('attach', file);
      this.#attach(minor, file, identity, readOnly).isDetached = detached;
    }
  }

  /** As after a power cut: none is attached. Those that are open still stay known to the block layer. */
  forget(): void {
    for (const [minor, { store, device }] of this.#loops) {
      if (this.#options.layer.openCount(device.number) === 0) this.#options.layer.detach(device.number);
      store.close();
      this.#loops.delete(minor);
    }
  }

  #attach(minor: number, file: string, identity: string, readOnly: boolean): Loop {
    const path = `/dev/loop${minor}`;
    const store = new LoopStore(path, this.#options.openStore(file, readOnly), readOnly);
    const device = { path, number: { major: LOOP_MAJOR, minor }, file };
    this.#options.layer.attach(device.number, store);
    const loop: Loop = { device, store, identity, readOnly, isDetached: false };
    this.#loops.set(minor, loop);
    return loop;
  }

  #drop(minor: number): void {
    const loop = this.#loops.get(minor);
    if (loop === undefined) return;
    this.#options.layer.detach(loop.device.number);
    this.#loops.delete(minor);
    loop.store.flush();
    loop.store.close();
  }

  #attached(loop: LoopDevice): Loop {
    const attached = this.#loops.get(loop.number.minor);
    if (attached === undefined)
      throw hostError('refreshSize', loop.path, 'ENXIO', 'it is not attached', {
        remedy: 'Attach the file again; a loop device detaches itself when its last user goes.',
      });
    return attached;
  }

  #byIdentity(identity: string): Loop | undefined {
    for (const loop of this.#loops.values()) if (loop.identity === identity) return loop;
    return undefined;
  }

  #isFree(minor: number): boolean {
    if (this.#loops.has(minor)) return false;
    const number = { major: LOOP_MAJOR, minor };
    try {
      // The block layer of a machine that was started again still has the disks from before.
      if (this.#options.layer.openCount(number) > 0) return false;
      this.#options.layer.detach(number);
    } catch (error) {
      if (!DmError.is(error, 'NOT_FOUND')) throw error;
    }
    return true;
  }

  #freeMinor(file: string): number {
    for (let minor = 0; minor < this.#options.maxLoopDevices; minor++) if (this.#isFree(minor)) return minor;
    throw hostError('attach', file, 'ENOSPC', `all ${this.#options.maxLoopDevices} loop devices are in use`, {
      remedy: 'Detach loop devices that are not needed any more, or raise maxLoopDevices.',
    });
  }
}

async function regularFile(operation: string, file: string): Promise<{ identity: string; size: number }> {
  try {
    const found = await stat(file, { bigint: true });
    if (!found.isFile()) throw hostError(operation, file, 'EINVAL', 'it is not a regular file');
    return { identity: `${found.dev}:${found.ino}`, size: Number(found.size) };
  } catch (error) {
    throw asHostError(operation, file, error);
  }
}
