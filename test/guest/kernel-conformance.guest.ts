import { kernelConformance } from '@dmthin/conformance';
import { GuestBlockDevices } from './block-devices.ts';
import { KERNELS } from './kernels.ts';
import { type LoopDevice, loopDevice } from './machine.ts';

for (const [name, open] of Object.entries(KERNELS))
  kernelConformance(`${name}, on the real kernel`, {
    setup: async () => {
      const disks: LoopDevice[] = [];
      const kernel = await open();
      return {
        kernel,
        blockDevices: new GuestBlockDevices(),
        disk: async (sectors) => {
          const disk = loopDevice(sectors);
          disks.push(disk);
          return disk.path;
        },
        teardown: async () => {
          await kernel.close();
          for (const disk of disks) disk.detach();
        },
      };
    },
  });
