import { closeSync, mkdirSync, openSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { FilesystemType } from '@dmthin/domain';
import { skipCase } from '../skip-case.ts';
import type { HostCapability, HostFixture, HostUnderTest } from './host-fixture.ts';

/** Large enough for any mkfs; xfs wants 300 MiB. */
export const DISK_SIZE: number = 320 * 1024 * 1024;

export type HostCase = (host: HostUnderTest) => Promise<void>;

/** Adds a case to a suite: skipped, with the reason, where the host is not there or lacks what it needs. */
export type AddCase = (title: string, needs: readonly HostCapability[], body: HostCase) => void;

export function caseAdder<Host extends HostUnderTest>(fixture: HostFixture<Host>): AddCase {
  return (title, needs, body) => {
    it(title, async function () {
      this.timeout(60_000);
      const host = await fixture.setup();
      if (typeof host === 'string') return skipCase(this, host);
      try {
        const lacking = needs.map((need) => host.lacks?.[need]).find((reason) => reason !== undefined);
        if (lacking !== undefined) return skipCase(this, lacking);
        await body(host);
      } finally {
        await fixture.teardown(host);
      }
    });
  };
}

/** Makes a sparse file of that many bytes in the scratch directory. */
export function diskFile(host: HostUnderTest, name: string = 'disk', size: number = DISK_SIZE): string {
  const file = join(host.scratch, name);
  closeSync(openSync(file, 'a'));
  truncateSync(file, size);
  return file;
}

/** Attaches a new disk file; the path of its device. */
export async function newDisk(host: HostUnderTest, name?: string, size?: number): Promise<string> {
  return (await host.loopDevices.attach(diskFile(host, name, size))).path;
}

export function directory(host: HostUnderTest, name: string): string {
  const path = join(host.scratch, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** A filesystem on a disk file, and a directory to mount it on. */
export interface MountableDisk {
  readonly target: string;
  readonly type: FilesystemType;
  mount(options?: readonly string[]): Promise<void>;
  unmount(): Promise<void>;
  remount(): Promise<void>;
}

/** Makes a filesystem on a new disk. Mounting attaches the file, since a loop device goes with its last user. */
export async function formattedDisk(
  host: HostUnderTest,
  type: FilesystemType,
  name: string = 'disk',
  size: number = DISK_SIZE,
): Promise<MountableDisk> {
  const file = diskFile(host, name, size);
  const target = directory(host, `${name}.mnt`);
  await host.filesystems.make((await host.loopDevices.attach(file)).path, { type });
  const mount = async (options: readonly string[] = []): Promise<void> => {
    const { path } = await host.loopDevices.attach(file);
    await host.mounts.mount({ source: path, target, type, options });
  };
  const unmount = (): Promise<void> => host.mounts.unmount(target);
  return {
    target,
    type,
    mount,
    unmount,
    remount: async () => {
      await unmount();
      await mount();
    },
  };
}
