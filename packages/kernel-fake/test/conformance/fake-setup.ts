import type { KernelSetup } from '@dmthin/conformance';
import type { DeviceNumber } from '@dmthin/domain';
import { createFakeKernel, type FakeKernel, MemoryStore, type Personality } from '@dmthin/kernel-fake';
import type { Kernel } from '@dmthin/ports';
import { FakeBlockDevices } from './block-devices.ts';

const LOOP_MAJOR = 7;

/** Fake kernels, each with disks of its own; `face` is what the suite is shown of one. */
export function fake(personality: Personality, face: (kernel: FakeKernel) => Kernel = (kernel) => kernel): KernelSetup {
  return {
    setup: async () => {
      const kernel = createFakeKernel({ personality });
      const disks = new Map<string, DeviceNumber>();
      kernel.onLookup((path) => disks.get(path));
      return {
        kernel: face(kernel),
        blockDevices: new FakeBlockDevices(kernel, disks),
        disk: async (sectors) => {
          const number = { major: LOOP_MAJOR, minor: disks.size };
          const path = `/dev/loop${number.minor}`;
          disks.set(path, number);
          kernel.attach(number, new MemoryStore(sectors * 512));
          return path;
        },
        teardown: async () => {
          for (const number of disks.values()) kernel.detach(number);
          await kernel.close();
        },
      };
    },
  };
}
