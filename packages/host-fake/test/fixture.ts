import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeHost, type FakeHost, type FakeHostOptions } from '@dmthin/host-fake';
import { createFakeKernel, type FakeKernel, FileStore } from '@dmthin/kernel-fake';

/** A fake host on a fake kernel, with a directory of its own. */
export interface Bench {
  readonly kernel: FakeKernel;
  readonly host: FakeHost;
  readonly scratch: string;
  /** Makes a sparse file and attaches it: the path of the loop device. */
  loop(name: string, size?: number): Promise<string>;
  /** Makes a directory to mount on. */
  directory(name: string): string;
}

export const MIB: number = 1 << 20;

export function openBench(scratch: string = newScratch(), options: Partial<FakeHostOptions> = {}): Bench {
  const kernel = createFakeKernel();
  return benchOn(kernel, scratch, options);
}

export function benchOn(kernel: FakeKernel, scratch: string, options: Partial<FakeHostOptions> = {}): Bench {
  const host = createFakeHost({
    layer: kernel,
    openStore: (file) => new FileStore(file),
    stateDirectory: join(scratch, 'state'),
    ...options,
  });
  return {
    kernel,
    host,
    scratch,
    loop: async (name, size = 64 * MIB) => {
      const file = join(scratch, name);
      writeFileSync(file, '', { flag: 'a' });
      truncateSync(file, size);
      return (await host.loopDevices.attach(file)).path;
    },
    directory: (name) => {
      const path = join(scratch, name);
      mkdirSync(path, { recursive: true });
      return path;
    },
  };
}

export function newScratch(): string {
  return mkdtempSync(join(tmpdir(), 'dmthin-host-fake-'));
}

export function removeScratch(scratch: string): void {
  // Whatever modes a test left behind.
  if (process.platform !== 'win32') execFileSync('chmod', ['-R', 'u+rwx', scratch]);
  rmSync(scratch, { recursive: true, force: true });
}
