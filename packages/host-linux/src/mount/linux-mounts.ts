import type { MountPoint, MountRequest, Mounts, UnmountOptions } from '@dmthin/ports';
import type { HostThreads } from '../thread/host-threads.ts';

/** The mounts of this process's mount namespace. */
export class LinuxMounts implements Mounts {
  readonly #threads: HostThreads;

  constructor(threads: HostThreads) {
    this.#threads = threads;
  }

  mount(request: MountRequest): Promise<void> {
    return this.#threads.run('mountAt', [request]);
  }

  unmount(target: string, { lazy = false }: UnmountOptions = {}): Promise<void> {
    return this.#threads.run('unmountAt', [target, lazy]);
  }

  find(target: string): Promise<MountPoint | undefined> {
    return this.#threads.run('findMount', [target]);
  }

  list(): Promise<readonly MountPoint[]> {
    return this.#threads.run('listMounts', []);
  }

  sync(target: string): Promise<void> {
    return this.#threads.run('syncAt', [target]);
  }
}
