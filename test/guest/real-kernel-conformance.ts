import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kernelConformance } from '@dmthin/conformance';
import { createLinuxHost, type LinuxHost } from '@dmthin/host-linux';
import type { LoopDevice } from '@dmthin/ports';
import { KERNELS } from './kernels.ts';

/** The suite of the kernel port on the guest's kernel, with the Linux host below it. */
export function realKernelConformance(name: keyof typeof KERNELS): void {
  describe('on the real kernel', () => {
    let host: LinuxHost;
    before(() => {
      host = createLinuxHost();
    });
    after(() => host.close());

    kernelConformance(name, {
      setup: async () => {
        const folder = mkdtempSync(join(tmpdir(), 'dmthin-conformance-'));
        const disks: LoopDevice[] = [];
        const kernel = await KERNELS[name]();
        return {
          kernel,
          blockDevices: host.blockDevices,
          disk: async (sectors) => {
            const file = join(folder, `disk-${disks.length}`);
            writeFileSync(file, '');
            truncateSync(file, sectors * 512);
            const disk = await host.loopDevices.attach(file);
            disks.push(disk);
            return disk.path;
          },
          teardown: async () => {
            await kernel.close();
            for (const disk of disks) await host.loopDevices.detach(disk);
            rmSync(folder, { recursive: true });
          },
        };
      },
    });
  });
}
