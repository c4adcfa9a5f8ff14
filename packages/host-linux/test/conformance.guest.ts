import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { hostConformance } from '@dmthin/conformance';
import { createLinuxHost, type LinuxHost } from '@dmthin/host-linux';

interface Bench extends LinuxHost {
  readonly scratch: string;
}

hostConformance<Bench>('Linux', {
  setup: async () => ({
    ...createLinuxHost(),
    scratch: realpathSync(mkdtempSync(join(tmpdir(), 'dmthin-host-linux-'))),
  }),
  teardown: async ({ scratch, mounts, loopDevices, close }) => {
    const isBelow = (path: string): boolean => path.startsWith(scratch + sep);
    for (const { target } of (await mounts.list()).toReversed()) if (isBelow(target)) await mounts.unmount(target);
    for (const loop of await loopDevices.list()) if (isBelow(loop.file)) await loopDevices.detach(loop);
    await close();
    rmSync(scratch, { recursive: true });
  },
});
