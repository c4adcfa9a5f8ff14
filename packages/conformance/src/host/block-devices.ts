import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codeOf } from '../failure-of.ts';
import { type AddCase, diskFile, newDisk } from './host-case.ts';

const SIZE = 4 * 1024 * 1024;

/** Cases of the `BlockDevices` port. */
export function blockDeviceCases(add: AddCase): void {
  add('reads what was written, through another opening too', [], async (host) => {
    const path = await newDisk(host, 'disk', SIZE);
    const data = Uint8Array.from({ length: 8192 }, (_, index) => (index * 7) % 251);
    const device = await host.blockDevices.open(path);
    await device.write(12_288n, data);
    expect(await device.read(12_288n, 8192)).to.deep.equal(data);
    await device.flush();
    const other = await host.blockDevices.open(path, { readOnly: true });
    expect(await other.read(12_288n, 8192)).to.deep.equal(data);
    expect((await other.read(0n, 512)).every((byte) => byte === 0)).to.equal(true);
    await other.close();
    await device.close();
  });

  add('tells sizes in whole sectors, and numbers', [], async (host) => {
    const loop = await host.loopDevices.attach(diskFile(host, 'disk', SIZE + 100));
    expect(await host.blockDevices.size(loop.path)).to.equal(BigInt(SIZE));
    expect(await host.blockDevices.identify(loop.path)).to.deep.equal(loop.number);
    const device = await host.blockDevices.open(loop.path);
    expect(device.size).to.equal(BigInt(SIZE));
    expect(device.number).to.deep.equal(loop.number);
    await device.close();
  });

  add('follows links', [], async (host) => {
    const loop = await host.loopDevices.attach(diskFile(host, 'disk', SIZE));
    symlinkSync(loop.path, join(host.scratch, 'link'));
    expect(await host.blockDevices.identify(join(host.scratch, 'link'))).to.deep.equal(loop.number);
  });

  add('refuses a path that is not there, and one that is no block device', [], async (host) => {
    const file = join(host.scratch, 'file');
    writeFileSync(file, 'x');
    for (const path of [join(host.scratch, 'nothing'), '/dev/mapper/dmthin-no-such-device']) {
      expect(await codeOf(host.blockDevices.open(path))).to.equal('NOT_FOUND');
      expect(await codeOf(host.blockDevices.identify(path))).to.equal('NOT_FOUND');
      expect(await codeOf(host.blockDevices.size(path))).to.equal('NOT_FOUND');
    }
    for (const path of [file, host.scratch]) {
      expect(await codeOf(host.blockDevices.open(path))).to.equal('INVALID_ARGUMENT');
      expect(await codeOf(host.blockDevices.identify(path))).to.equal('INVALID_ARGUMENT');
    }
  });

  add('gives a device to one exclusive opener at a time', [], async (host) => {
    const path = await newDisk(host, 'disk', SIZE);
    const holder = await host.blockDevices.open(path, { exclusive: true });
    expect(await codeOf(host.blockDevices.open(path, { exclusive: true }))).to.equal('BUSY');
    const plain = await host.blockDevices.open(path);
    await plain.close();
    await holder.close();
    const next = await host.blockDevices.open(path, { exclusive: true });
    await next.close();
  });

  add('does not write to what was opened to be read', [], async (host) => {
    const device = await host.blockDevices.open(await newDisk(host, 'disk', SIZE), { readOnly: true });
    expect(await codeOf(device.write(0n, new Uint8Array(512)))).to.equal('NOT_PERMITTED');
    await device.close();
  });

  add('reads zeros where it discarded', ['discard'], async (host) => {
    const device = await host.blockDevices.open(await newDisk(host, 'disk', SIZE));
    await device.write(0n, new Uint8Array(65_536).fill(9));
    await device.discard(8192n, 16_384n);
    const found = await device.read(0n, 65_536);
    expect(found.subarray(8192, 24_576).every((byte) => byte === 0)).to.equal(true);
    expect(found.subarray(0, 8192).every((byte) => byte === 9)).to.equal(true);
    expect(found.subarray(24_576).every((byte) => byte === 9)).to.equal(true);
    await device.close();
  });
}
