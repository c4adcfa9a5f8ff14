import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mounts } from '@dmthin/ports';
import { type KernelName, MOUNTS, SNAPSHOTTER, type Snapshotter, snapshotterModules } from 'dmthin';
import { Container } from 'inversify';
import type { Mount } from '#src/containerd/generated/snapshots_pb';
import { type ServedSnapshots, serveSnapshots } from '#src/containerd/serve-snapshots';
import { type Place, temporaryPlace } from './place.ts';
import { SMALL } from './plugin.ts';
import { SnapshotsClient } from './snapshots-client.ts';
import { takeDown } from './take-down.ts';

export interface StartOptions {
  readonly kernel?: KernelName;
  readonly storageOptions?: readonly string[];
}

/** A snapshotter behind a real socket, its client, and a user who mounts on its machine. */
export class ServedSnapshotter implements AsyncDisposable {
  readonly #place: Place;
  readonly #served: ServedSnapshots;
  readonly #kernel: KernelName;
  readonly #mounts: Mounts;
  readonly socket: string;
  readonly client: SnapshotsClient;
  readonly snapshotter: Snapshotter;
  readonly log: string[];

  private constructor(
    place: Place,
    kernel: KernelName,
    socket: string,
    mounts: Mounts,
    snapshotter: Snapshotter,
    served: ServedSnapshots,
    log: string[],
  ) {
    this.#place = place;
    this.#kernel = kernel;
    this.socket = socket;
    this.#mounts = mounts;
    this.snapshotter = snapshotter;
    this.#served = served;
    this.log = log;
    this.client = new SnapshotsClient(socket);
  }

  static async start({ kernel = 'fake', storageOptions = [] }: StartOptions = {}): Promise<ServedSnapshotter> {
    const place = await temporaryPlace();
    const lines: string[] = [];
    const log = { write: (level: string, message: string): void => void lines.push(`${level} ${message}`) };
    const container = new Container({ defaultScope: 'Singleton' });
    const options = [...SMALL, 'dm.basesize=16M', ...storageOptions];
    const root = join(place.path, 'root');
    container.load(...snapshotterModules({ root, kernel, storageOptions: options, log, isDurable: false }));
    const snapshotter = await container.getAsync(SNAPSHOTTER);
    const mounts = await container.getAsync(MOUNTS);
    const socket = join(place.path, 'snapshots.sock');
    const served = await serveSnapshots({ path: socket }, snapshotter, log, () => undefined);
    return new ServedSnapshotter(place, kernel, socket, mounts, snapshotter, served, lines);
  }

  /** Mounts what was answered, and gives the directory. */
  async mount(mounts: readonly Mount[], name: string): Promise<string> {
    const [mount] = mounts;
    if (mount === undefined || mounts.length > 1) throw new Error(`${mounts.length} mounts`);
    const target = join(this.#place.path, 'work', name.replaceAll('/', '-'));
    await mkdir(target, { recursive: true });
    const { source, type, options } = mount;
    await this.#mounts.mount({ source, type, options, target });
    return target;
  }

  async unmount(target: string): Promise<void> {
    await this.#mounts.unmount(target);
  }

  /** Does something with a snapshot's files while they are mounted. */
  async during<T>(mounts: readonly Mount[], work: (target: string) => Promise<T>): Promise<T> {
    const target = await this.mount(mounts, 'during');
    try {
      return await work(target);
    } finally {
      await this.unmount(target);
    }
  }

  /** Gives a directory of the host's own for the while. */
  async beside(name: string, work: (directory: string) => Promise<void>): Promise<void> {
    const directory = join(this.#place.path, name);
    await mkdir(directory);
    await work(directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.#served.close(1000);
    await this.snapshotter.close();
    if (this.#kernel !== 'fake') await takeDown(this.#place.path);
    await this.#place[Symbol.asyncDispose]();
  }
}
