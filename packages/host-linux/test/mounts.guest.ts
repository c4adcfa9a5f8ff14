import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failureOf } from '@dmthin/conformance';
import { deviceName, devicePath, errorTable, linearTable, sectors } from '@dmthin/domain';
import { type IoctlKernel, openIoctlKernel } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import { type Bench, closeBench, directoryIn, MIB, openBench, sparseFile } from './bench.ts';

const SIZE = 64 * MIB;
const device = deviceName('dmthin-test-host');

describe('mounts of Linux', () => {
  let host: Bench;
  let kernel: IoctlKernel;
  beforeEach(async () => {
    host = openBench();
    kernel = await openIoctlKernel();
  });
  afterEach(async () => {
    await kernel.remove(device).catch(() => undefined);
    await kernel.close();
    await closeBench(host);
  });

  async function ext4(name: string): Promise<string> {
    const { path } = await host.loopDevices.attach(sparseFile(host, name, SIZE));
    await host.filesystems.make(path, { type: 'ext4' });
    return path;
  }

  /** The whole of a device, as a mapped device. */
  async function mapped(path: string): Promise<string> {
    await kernel.sequence([
      { command: 'create', device },
      { command: 'load', device, table: linearTable({ device: path, offset: sectors(0), size: sectors(SIZE / 512) }) },
      { command: 'resume', device },
    ]);
    return devicePath(device);
  }

  const optionsOf = (target: string): readonly string[] =>
    readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, where]) => where === target)?.[3]
      ?.split(',') ?? [];

  it('take words of mount(8), comma lists and data of the filesystem', async () => {
    const target = directoryIn(host, 'mnt');
    const options = ['ro,nosuid', 'noatime', 'nodev', 'rw', 'defaults', 'stripe=16'];
    await host.mounts.mount({ source: await ext4('disk'), target, type: 'ext4', options });
    expect(optionsOf(target)).to.include.members(['rw', 'nosuid', 'nodev', 'noatime', 'stripe=16']);
  });

  it('are found whatever is in the name of their target, and through links', async () => {
    const target = directoryIn(host, 'a b\tc\nd\\040#ü');
    await host.mounts.mount({ source: await ext4('disk'), target, type: 'ext4' });
    expect((await host.mounts.find(target))?.target).to.equal(target);
    symlinkSync(target, join(host.scratch, 'link'));
    expect((await host.mounts.find(join(host.scratch, 'link')))?.target).to.equal(target);
    expect(await host.mounts.find(join(host.scratch, 'nothing', 'there'))).to.equal(undefined);
  });

  it('tell the topmost where one covers another', async () => {
    const target = directoryIn(host, 'mnt');
    const [lower, upper] = [await ext4('lower'), await ext4('upper')];
    await host.mounts.mount({ source: lower, target, type: 'ext4' });
    await host.mounts.mount({ source: upper, target, type: 'ext4' });
    expect((await host.mounts.find(target))?.source).to.equal(upper);
    await host.mounts.unmount(target);
    expect((await host.mounts.find(target))?.source).to.equal(lower);
  });

  it('need a filesystem that the kernel has', async () => {
    const request = { source: await ext4('disk'), target: directoryIn(host, 'mnt'), type: 'nosuchfs' };
    const error = await failureOf(host.mounts.mount(request));
    expect(error).to.include({ code: 'NOT_SUPPORTED', errno: 'ENODEV' });
    expect(error.remedy).to.include('modprobe nosuchfs');
  });

  it('say when they go what could not be kept, and go all the same', async () => {
    const target = directoryIn(host, 'mnt');
    await host.mounts.mount({ source: await mapped(await ext4('disk')), target, type: 'ext4' });
    writeFileSync(join(target, 'lost'), Buffer.alloc(MIB, 1));
    await kernel.sequence([
      { command: 'load', device, table: errorTable(sectors(SIZE / 512)) },
      { command: 'suspend', device, noFlush: true, skipLockfs: true },
      { command: 'resume', device },
    ]);
    expect((await failureOf(host.mounts.unmount(target, { lazy: true }))).code).to.equal('IO');
    expect(await host.mounts.find(target)).to.equal(undefined);
  });

  it('wait for a device that is stuck, while everything else goes on', async () => {
    const path = await mapped((await host.loopDevices.attach(sparseFile(host, 'disk', SIZE))).path);
    const stuck = await host.blockDevices.open(path);
    await kernel.suspend(device, { skipLockfs: true });
    let isBack = false;
    const reading = stuck.read(0n, 4096).then(() => {
      isBack = true;
    });
    const begun = performance.now();
    const target = directoryIn(host, 'mnt');
    await host.mounts.mount({ source: await ext4('other'), target, type: 'ext4' });
    writeFileSync(join(target, 'file'), 'written');
    await host.mounts.unmount(target);
    expect(performance.now() - begun).to.be.below(30_000);
    expect(isBack).to.equal(false);
    await kernel.resume(device);
    await reading;
    await stuck.close();
  });

  it('hold nodes of exactly the mode they are given', async () => {
    const target = directoryIn(host, 'mnt');
    await host.mounts.mount({ source: await ext4('disk'), target, type: 'ext4' });
    const before = process.umask(0o077);
    try {
      const path = join(target, 'fifo');
      await host.fileAttributes.makeNode(path, { type: 'fifo', mode: 0o4666, major: 0, minor: 0 });
      expect(statSync(path).mode & 0o7777).to.equal(0o4666);
    } finally {
      process.umask(before);
    }
  });

  it('keep capabilities of files, and refuse attributes that the filesystem has no place for', async () => {
    const target = directoryIn(host, 'mnt');
    await host.mounts.mount({ source: await ext4('disk'), target, type: 'ext4' });
    const path = join(target, 'program');
    writeFileSync(path, '');
    // VFS_CAP_REVISION_2 with CAP_NET_BIND_SERVICE permitted and effective.
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex');
    await host.fileAttributes.write(path, 'security.capability', capability);
    expect(
      Buffer.from((await host.fileAttributes.read(path, 'security.capability')) ?? []).equals(capability),
    ).to.equal(true);
    const large = host.fileAttributes.write(path, 'user.large', new Uint8Array(60_000));
    expect((await failureOf(large)).code).to.equal('NO_SPACE');
  });
});
