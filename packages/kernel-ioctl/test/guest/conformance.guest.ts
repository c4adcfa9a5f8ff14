import { kernelConformance } from '@dmthin/conformance';
import { openIoctlKernel } from '@dmthin/kernel-ioctl';
import { GuestBlockDevices } from './block-devices.ts';
import { type LoopDevice, loopDevice } from './machine.ts';

kernelConformance('ioctl, on the real kernel', {
  setup: async () => {
    const disks: LoopDevice[] = [];
    const kernel = await openIoctlKernel();
    return {
      kernel,
      blockDevices: new GuestBlockDevices(),
      disk: async (sectors) => {
        const disk = loopDevice(sectors / 2048);
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
