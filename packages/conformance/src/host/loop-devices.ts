import { linkSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codeOf } from '../failure-of.ts';
import { type AddCase, diskFile, formattedDisk } from './host-case.ts';

const SIZE = 4 * 1024 * 1024;

/** Cases of the `LoopDevices` port. */
export function loopDeviceCases(add: AddCase): void {
  add('attaches files, finds them and lists them', [], async (host) => {
    const files = ['one', 'two'].map((name) => diskFile(host, name, SIZE));
    const loops = await Promise.all(files.map((file) => host.loopDevices.attach(file)));
    for (const [index, loop] of loops.entries()) {
      expect(loop.path).to.equal(`/dev/loop${loop.number.minor}`);
      expect(loop.number.major).to.equal(7);
      expect(await host.loopDevices.find(files[index] as string)).to.include({ path: loop.path });
    }
    const listed = (await host.loopDevices.list()).map(({ number }) => number.minor);
    expect(listed).to.include.members(loops.map(({ number }) => number.minor));
    expect(listed).to.deep.equal(listed.toSorted((a, b) => a - b));
  });

  add('gives a file that is attached its loop device again, under any of its names', [], async (host) => {
    const file = diskFile(host, 'disk', SIZE);
    linkSync(file, join(host.scratch, 'other'));
    symlinkSync(file, join(host.scratch, 'link'));
    const { path } = await host.loopDevices.attach(file);
    for (const name of ['disk', 'other', 'link']) {
      expect(await host.loopDevices.attach(join(host.scratch, name))).to.include({ path });
      expect(await host.loopDevices.find(join(host.scratch, name))).to.include({ path });
    }
  });

  add('refuses a file that is not there', [], async (host) => {
    expect(await codeOf(host.loopDevices.attach(join(host.scratch, 'nothing')))).to.equal('NOT_FOUND');
    expect(await host.loopDevices.find(join(host.scratch, 'nothing'))).to.equal(undefined);
  });

  add('stays while it is only looked at, until it is detached', [], async (host) => {
    const file = diskFile(host, 'disk', SIZE);
    const loop = await host.loopDevices.attach(file);
    await host.blockDevices.size(loop.path);
    await (await host.blockDevices.open(loop.path)).close();
    expect(await host.loopDevices.find(file)).to.include({ path: loop.path });
    await host.loopDevices.detach(loop);
    expect(await host.loopDevices.find(file)).to.equal(undefined);
    expect(await codeOf(host.loopDevices.detach(loop))).to.equal('done');
  });

  add('goes with its last user where it was detached before', ['ext4'], async (host) => {
    const disk = await formattedDisk(host, 'ext4');
    await disk.mount();
    const file = join(host.scratch, 'disk');
    const loop = await host.loopDevices.attach(file);
    await host.loopDevices.detach(loop);
    expect(await host.mounts.find(disk.target)).to.include({ source: loop.path });
    await disk.unmount();
    expect(await host.loopDevices.find(file)).to.equal(undefined);
  });

  add('takes over a new size when it is told to', [], async (host) => {
    const file = diskFile(host, 'disk', SIZE);
    const loop = await host.loopDevices.attach(file);
    truncateSync(file, 2 * SIZE);
    expect(await host.blockDevices.size(loop.path)).to.equal(BigInt(SIZE));
    await host.loopDevices.refreshSize(loop);
    expect(await host.blockDevices.size(loop.path)).to.equal(BigInt(2 * SIZE));
    const device = await host.blockDevices.open(loop.path);
    await device.write(BigInt(2 * SIZE - 512), new Uint8Array(512).fill(3));
    expect((await device.read(BigInt(2 * SIZE - 512), 512))[511]).to.equal(3);
    await device.close();
  });

  add('has no size to take over once it is detached', [], async (host) => {
    const loop = await host.loopDevices.attach(diskFile(host, 'disk', SIZE));
    await host.loopDevices.detach(loop);
    expect(await codeOf(host.loopDevices.refreshSize(loop))).to.equal('NOT_FOUND');
  });

  add('takes no writes where it is attached read-only', [], async (host) => {
    const loop = await host.loopDevices.attach(diskFile(host, 'disk', SIZE), { readOnly: true });
    const write = async (): Promise<void> => {
      const device = await host.blockDevices.open(loop.path);
      try {
        await device.write(0n, new Uint8Array(512));
      } finally {
        await device.close();
      }
    };
    expect(await codeOf(write())).to.equal('NOT_PERMITTED');
  });
}
