import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeHost, type FakeHost } from '@dmthin/host-fake';
import { createFakeKernel, type FakeKernel, type FakeKernelOptions, FileStore } from '@dmthin/kernel-fake';
import { restoreDevices, saveDevices } from './saved-devices.ts';
import { type SavedMachine, takeSavedMachine, writeSavedMachine } from './saved-machine.ts';

/** A kernel and a host in memory that know each other: what a service's tests run on. */
export interface FakeMachine {
  readonly kernel: FakeKernel;
  readonly host: FakeHost;
  /**
   * Writes down what is attached, live and mounted, for the machine that is opened on this directory next. A machine
   * that was not shut down so has lost its power: the next finds what was committed and synced.
   */
  shutDown(): Promise<void>;
}

export interface FakeMachineOptions extends FakeKernelOptions {
  /** Where the machine keeps what outlives the process; made where it is missing. */
  readonly directory: string;
}

/** Starts the machine of a directory, as it was shut down, or as a power cut left it. */
export async function openFakeMachine(options: FakeMachineOptions): Promise<FakeMachine> {
  const { directory, ...kernelOptions } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const kernel = createFakeKernel(kernelOptions);
  const host = createFakeHost({
    layer: kernel,
    kernel,
    openStore: (file) => new FileStore(file),
    stateDirectory: join(directory, 'mounts'),
  });
  const saved = await takeSavedMachine(directory);
  if (saved === undefined) await host.reset();
  else await restore(kernel, host, saved);
  return {
    kernel,
    host,
    async shutDown() {
      if (kernel.faults.isCrashed) return;
      const state: SavedMachine = { devices: await saveDevices(kernel), host: await host.save() };
      await kernel.close();
      await writeSavedMachine(directory, state);
    },
  };
}

/** From below upwards: disks, the devices that stand on them, the mounts on those. */
async function restore(kernel: FakeKernel, host: FakeHost, saved: SavedMachine): Promise<void> {
  await host.restoreLoops(saved.host);
  await restoreDevices(kernel, saved.devices);
  await host.restoreMounts(saved.host);
}
