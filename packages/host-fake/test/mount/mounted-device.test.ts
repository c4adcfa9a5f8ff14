import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { codeOf } from '@dmthin/conformance';
import { type DeviceName, sectors } from '@dmthin/domain';
import { expect } from 'chai';
import { type Bench, MIB, openBench, removeScratch } from '../fixture.ts';

const DEVICE = 'layer' as DeviceName;

describe('a mounted device of the fake host', () => {
  let bench: Bench;
  let target: string;
  const at = (name: string): string => join(target, name);

  beforeEach(() => {
    bench = openBench();
    target = bench.directory('target');
  });
  afterEach(() => removeScratch(bench.scratch));

  /** A mapped device over a loop device, formatted. */
  async function mappedDevice(size: number = 16 * MIB): Promise<string> {
    const loop = await bench.loop('disk', size);
    await bench.kernel.create(DEVICE);
    await bench.kernel.load(DEVICE, [
      { start: sectors(0), length: sectors(size / 512), type: 'linear', params: `${loop} 0` },
    ]);
    await bench.kernel.resume(DEVICE);
    await bench.host.filesystems.make(`/dev/mapper/${DEVICE}`, { type: 'ext4' });
    return `/dev/mapper/${DEVICE}`;
  }

  async function mountMapped(size?: number, options: string[] = []): Promise<string> {
    const source = await mappedDevice(size);
    await bench.host.mounts.mount({ source, target, type: 'ext4', options });
    return source;
  }

  /** Forgets the mount as a power cut does, and mounts again. */
  async function mountAfterCrash(source: string): Promise<void> {
    await bench.host.mounts.sync(target).catch(() => undefined);
    await bench.host.mounts.unmount(target).catch(() => undefined);
    await bench.host.mounts.mount({ source, target, type: 'ext4' });
  }

  it('writes back when the device is suspended, and not when it is told to skip that', async () => {
    const source = await mountMapped();
    writeFileSync(at('frozen'), 'before the suspend');
    await bench.kernel.suspend(DEVICE);
    await bench.kernel.resume(DEVICE);
    writeFileSync(at('lost'), 'before a suspend that skips');
    await bench.kernel.suspend(DEVICE, { skipLockfs: true });
    await bench.kernel.resume(DEVICE);
    const copy = bench.directory('copy');
    await copyOf(source, copy);
    expect(readdirSync(copy)).to.have.members(['lost+found', 'frozen']);
  });

  /** Mounts, on a second host, what is on the device now. */
  async function copyOf(source: string, directory: string): Promise<void> {
    const from = await bench.host.blockDevices.open(source, { readOnly: true });
    const bytes = await from.read(0n, Number(from.size));
    await from.close();
    writeFileSync(join(bench.scratch, 'copied'), bytes);
    const { path } = await bench.host.loopDevices.attach(join(bench.scratch, 'copied'));
    await bench.host.mounts.mount({ source: path, target: directory, type: 'ext4' });
  }

  it('waits, as the kernel does, while the device is suspended', async () => {
    await mountMapped();
    await bench.kernel.suspend(DEVICE);
    writeFileSync(at('file'), 'content');
    let isDone = false;
    const done = bench.host.mounts.sync(target).then(() => {
      isDone = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(isDone).to.equal(false);
    await bench.kernel.resume(DEVICE);
    await done;
  });

  it('keeps its device from being removed', async () => {
    await mountMapped();
    expect(await codeOf(bench.kernel.remove(DEVICE))).to.equal('BUSY');
    await bench.host.mounts.unmount(target);
    expect(await codeOf(bench.kernel.remove(DEVICE))).to.equal('done');
  });

  it('says so when the filesystem is full, and has what was synced before', async () => {
    const source = await mountMapped(4 * MIB);
    writeFileSync(at('synced'), 'synced');
    await bench.host.mounts.sync(target);
    writeFileSync(at('large'), Buffer.alloc(8 * MIB, 1));
    expect(await codeOf(bench.host.mounts.sync(target))).to.equal('NO_SPACE');
    // Room can be made, and then it goes.
    rmSync(at('large'));
    writeFileSync(at('small'), 'small');
    await bench.host.mounts.sync(target);
    writeFileSync(at('large'), Buffer.alloc(8 * MIB, 1));
    expect(await codeOf(bench.host.mounts.unmount(target))).to.equal('NO_SPACE');
    expect(await bench.host.mounts.find(target)).to.equal(undefined);
    expect(readdirSync(target)).to.deep.equal([]);
    await bench.host.mounts.mount({ source, target, type: 'ext4' });
    expect(readdirSync(target)).to.have.members(['lost+found', 'small', 'synced']);
  });

  it('writes nothing back where it is mounted read-only', async () => {
    const source = await mappedDevice();
    await bench.host.mounts.mount({ source, target, type: 'ext4', options: ['ro'] });
    writeFileSync(at('file'), 'the real directory takes it');
    await bench.host.mounts.sync(target);
    await mountAfterCrash(source);
    expect(existsSync(at('file'))).to.equal(false);
  });

  it('discards what was deleted with the option, and only with it', async () => {
    for (const options of [[], ['discard']]) {
      const disk = join(bench.scratch, 'disk');
      const source = await mountMapped(16 * MIB, options);
      writeFileSync(at('secret'), Buffer.alloc(4 * MIB, 'secret'));
      await bench.host.mounts.sync(target);
      rmSync(at('secret'));
      await bench.host.mounts.sync(target);
      expect(readFileSync(disk).includes('secret')).to.equal(options.length === 0);
      await bench.host.mounts.unmount(target);
      expect((await bench.host.filesystems.probe(source))?.type).to.equal('ext4');
      await bench.kernel.remove(DEVICE);
    }
  });

  it('keeps what it cannot make as a real file, until that name or directory is used otherwise', async () => {
    const source = await mountMapped();
    mkdirSync(at('run'));
    const server = createServer().listen(at('run/socket'));
    await once(server, 'listening');
    await bench.host.mounts.sync(target);
    await mountAfterCrash(source);
    expect(readdirSync(at('run'))).to.deep.equal([]);
    writeFileSync(at('run/file'), 'beside it');
    await mountAfterCrash(source);
    writeFileSync(at('run/socket'), 'in its place');
    await mountAfterCrash(source);
    expect(readFileSync(at('run/socket'), 'utf8')).to.equal('in its place');
    server.close();
  });

  it('is unmounted once where two ask for it at once', async () => {
    const source = await mountMapped();
    const codes = await Promise.all([
      codeOf(bench.host.mounts.unmount(target)),
      codeOf(bench.host.mounts.unmount(target)),
    ]);
    expect(codes).to.have.members(['done', 'INVALID_ARGUMENT']);
    expect(await codeOf(bench.host.mounts.mount({ source, target, type: 'ext4' }))).to.equal('done');
  });

  it('refuses a filesystem that a real mkfs made, and one larger than its device', async () => {
    const loop = await bench.loop('disk', 16 * MIB);
    await bench.host.filesystems.make(loop, { type: 'ext4' });
    const request = { source: loop, target, type: 'ext4' };
    const device = await bench.host.blockDevices.open(loop);
    const ours = await device.read(4096n, 8192);
    await device.write(4096n, new Uint8Array(8192));
    await device.flush();
    expect(await codeOf(bench.host.mounts.mount(request))).to.equal('INVALID_ARGUMENT');
    await device.write(4096n, ours);
    await device.close();
    await bench.loop('disk', 8 * MIB);
    const [attached] = await bench.host.loopDevices.list();
    if (attached !== undefined) await bench.host.loopDevices.refreshSize(attached);
    expect(await codeOf(bench.host.mounts.mount(request))).to.equal('INVALID_ARGUMENT');
    expect(readdirSync(target)).to.deep.equal([]);
    expect(readdirSync(join(bench.scratch, 'state/mounts'))).to.deep.equal([]);
  });

  it('fails the call it was told to, and only that', async () => {
    const source = await mappedDevice();
    bench.host.faults.inject({ operation: 'mount', errno: 'EIO', nth: 2 });
    await bench.host.mounts.mount({ source, target, type: 'ext4' });
    await bench.host.mounts.unmount(target);
    expect(await codeOf(bench.host.mounts.mount({ source, target, type: 'ext4' }))).to.equal('IO');
    await bench.host.mounts.mount({ source, target, type: 'ext4' });
    bench.host.faults.inject({ operation: 'unmount', errno: 'EBUSY' });
    expect(await codeOf(bench.host.mounts.unmount(target))).to.equal('BUSY');
    expect(await codeOf(bench.host.mounts.unmount(target))).to.equal('done');
  });
});
