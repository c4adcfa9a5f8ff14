import { join, sep } from 'node:path';
import { DmError } from '@dmthin/domain';
import { createLinuxHost, type LinuxHost } from '@dmthin/host-linux';
import { systemClock } from '@dmthin/kernel-fake';
import type { Kernel } from '@dmthin/ports';
import { openDockerRecords } from '@dmthin/records-docker';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type DriverWorld, type LogLine, type MachinePorts, makePool, openDriver, SMALL } from './driver-world.ts';

/** mkfs.xfs makes nothing as small as these tests need. */
const SMALL_ON_LINUX: readonly string[] = [...SMALL, 'dm.fs=ext4'];

type OpenKernel = () => Promise<Kernel & { close(): Promise<void> }>;

/**
 * This machine, all of whose mapped devices are the test's, with Docker's records. The worlds of a file have one kernel and
 * one host, since their threads take longer to start in a guest than most tests to run.
 */
export function linuxWorlds(openKernel: OpenKernel): () => Promise<DriverWorld> {
  const host = createLinuxHost();
  let opened: ReturnType<OpenKernel> | undefined;
  after(async () => {
    await (await opened)?.close();
    await host.close();
  });
  return async () => {
    opened ??= openKernel();
    return linuxWorld(await opened, host);
  };
}

async function linuxWorld(kernel: Kernel, host: LinuxHost): Promise<DriverWorld> {
  const directory = await temporaryDirectory();
  const root = join(directory.path, 'devicemapper');
  const log: LogLine[] = [];
  const ports: MachinePorts = {
    kernel,
    clock: systemClock,
    log: { write: (level, message) => void log.push({ level, message }) },
    blockDevices: host.blockDevices,
    loopDevices: host.loopDevices,
    filesystems: host.filesystems,
    mounts: host.mounts,
    fileAttributes: host.fileAttributes,
    volumeGroups: host.volumeGroups,
  };
  const isBelow = (path: string): boolean => path.startsWith(directory.path + sep);
  return {
    root,
    ports,
    log,
    open: async (options = [], settings = {}) =>
      openDriver(
        ports,
        await openDockerRecords({ directory: root, isDurable: false }),
        root,
        [...SMALL_ON_LINUX, ...options],
        settings,
      ),
    makePool: (name) => makePool(ports, directory.path, name),
    async [Symbol.asyncDispose]() {
      for (const { target } of (await host.mounts.list()).toReversed())
        if (isBelow(target)) await host.mounts.unmount(target);
      await removeDevices(kernel);
      for (const loop of await host.loopDevices.list()) if (isBelow(loop.file)) await host.loopDevices.detach(loop);
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** From above downwards: what others stand on is busy until they are gone. */
async function removeDevices(kernel: Kernel): Promise<void> {
  for (let before = Number.POSITIVE_INFINITY; ; ) {
    const devices = await kernel.list();
    if (devices.length === 0) return;
    if (devices.length >= before) throw new Error(`${devices.map(({ name }) => name).join()} cannot be removed`);
    before = devices.length;
    for (const { name } of devices)
      await kernel.remove(name).catch((error: unknown) => {
        if (!DmError.is(error, 'BUSY')) throw error;
      });
  }
}
