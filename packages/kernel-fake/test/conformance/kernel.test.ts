import { type KernelSetup, kernelConformance } from '@dmthin/conformance';
import type { DeviceNumber } from '@dmthin/domain';
import { createFakeKernel, MemoryStore, type Personality } from '@dmthin/kernel-fake';
import { FakeBlockDevices } from './block-devices.ts';

const LOOP_MAJOR = 7;

function fake(personality: Personality): KernelSetup {
  return {
    setup: async () => {
      const kernel = createFakeKernel({ personality });
      const disks = new Map<string, DeviceNumber>();
      kernel.onLookup((path) => disks.get(path));
      return {
        kernel,
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

kernelConformance('fake, 6.1.176', fake('6.1.176'));
kernelConformance('fake, 6.1.192', fake('6.1.192'));
