import { kernelConformance } from '@dmthin/conformance';
import { openDmsetupKernel } from '@dmthin/kernel-dmsetup';
import { GuestBlockDevices } from './block-devices.ts';
import { type LoopDevice, loopDevice } from './machine.ts';

kernelConformance('dmsetup, on the real kernel', {
  setup: async () => {
    const disks: LoopDevice[] = [];
    const kernel = await openDmsetupKernel();
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
