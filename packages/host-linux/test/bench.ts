import { mkdirSync, mkdtempSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { createLinuxHost, type LinuxHost } from '@dmthin/host-linux';

export const MIB: number = 2 ** 20;

/** One for all tests: its threads take longer to start in a guest than most tests to run. */
const host = createLinuxHost();
after(() => host.close());

/** The Linux host with a directory of the test's own. */
export interface Bench extends Omit<LinuxHost, 'close' | typeof Symbol.asyncDispose> {
  /** Without links on the way. */
  readonly scratch: string;
}

export function openBench(): Bench {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'dmthin-host-linux-')));
  return { ...host, scratch };
}

/** Takes away what a test has left, mounts and loop devices included. */
export async function closeBench({ scratch, mounts, loopDevices }: Bench): Promise<void> {
  const isBelow = (path: string): boolean => path.startsWith(scratch + sep);
  for (const { target } of (await mounts.list()).toReversed()) if (isBelow(target)) await mounts.unmount(target);
  for (const loop of await loopDevices.list()) if (isBelow(loop.file)) await loopDevices.detach(loop);
  rmSync(scratch, { recursive: true });
}

/** A sparse file in the bench's directory. */
export function sparseFile({ scratch }: Bench, name: string, size: number = MIB): string {
  const path = join(scratch, name);
  writeFileSync(path, '');
  truncateSync(path, size);
  return path;
}

export function directoryIn({ scratch }: Bench, name: string): string {
  const path = join(scratch, name);
  mkdirSync(path);
  return path;
}
