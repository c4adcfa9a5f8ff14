import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kernelConformance } from '@dmthin/conformance';
import { DmError } from '@dmthin/domain';
import { createLinuxHost, type LinuxHost } from '@dmthin/host-linux';
import type { Kernel, LoopDevice } from '@dmthin/ports';
import { KERNELS } from './kernels.ts';

/** The suite of the kernel port on the guest's kernel, with the Linux host below it. */
export function realKernelConformance(name: keyof typeof KERNELS): void {
  describe('on the real kernel', () => {
    let host: LinuxHost;
    // One for all cases but those that close it: its thread takes longer to start in a guest than most of them to run.
    let kernel: Kernel | undefined;
    before(() => {
      host = createLinuxHost();
    });
    after(async () => {
      await kernel?.close();
      await host.close();
    });

    kernelConformance(name, {
      setup: async () => {
        const folder = mkdtempSync(join(tmpdir(), 'dmthin-conformance-'));
        const disks: LoopDevice[] = [];
        if (kernel === undefined || (await isClosed(kernel))) kernel = await KERNELS[name]();
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
            for (const disk of disks) await host.loopDevices.detach(disk);
            rmSync(folder, { recursive: true });
          },
        };
      },
    });
  });
}

async function isClosed(kernel: Kernel): Promise<boolean> {
  return kernel.list().then(
    () => false,
    (error: unknown) => DmError.is(error, 'CLOSED'),
  );
}
