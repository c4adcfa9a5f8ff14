import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { failureOf } from '@dmthin/conformance';
import { decodeDevice, devicePath } from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';
import { expect } from 'chai';
import { activation, freshName, sleep, table } from './machine.ts';

/** What holds for the nodes under /dev/mapper whoever makes them. */
export function nodeCases(kernel: () => Kernel): void {
  it('are there when an activation resolves, lead to the device, and go with it', async () => {
    const device = freshName('node');
    await kernel().sequence(activation(device, table(8, 'zero')));
    const node = statSync(devicePath(device));
    expect(node.isBlockDevice()).to.equal(true);
    expect(decodeDevice(BigInt(node.rdev))).to.deep.equal((await kernel().info(device)).number);
    await kernel().remove(device);
    expect(existsSync(devicePath(device))).to.equal(false);
  });

  it('follow a rename', async () => {
    const [device, to] = [freshName('old'), freshName('new')];
    await kernel().sequence(activation(device, table(8, 'zero')));
    await kernel().rename(device, to);
    expect([existsSync(devicePath(device)), existsSync(devicePath(to))]).to.deep.equal([false, true]);
    await kernel().remove(to);
    expect(existsSync(devicePath(to))).to.equal(false);
  });

  it('can be named by the next table of the same sequence', async () => {
    const [below, above] = [freshName('below'), freshName('above')];
    await kernel().sequence([
      ...activation(below, table(8, 'zero')),
      ...activation(above, table(8, 'linear', `${devicePath(below)} 0`)),
    ]);
    await kernel().sequence([
      { command: 'remove', device: above },
      { command: 'remove', device: below },
    ]);
  });
}

/** What holds but for libdm alone, which takes a node as soon as a removal is asked for. */
export function deferredNodeCase(kernel: () => Kernel): void {
  it('stay while a deferred removal waits, and go after it', async () => {
    const device = freshName('deferred');
    await kernel().sequence(activation(device, table(8, 'zero')));
    const fd = openSync(devicePath(device), 'r');
    await kernel().remove(device, { deferred: true });
    expect(existsSync(devicePath(device))).to.equal(true);
    expect(await kernel().info(device)).to.include({ isDeferredRemove: true, openCount: 1 });
    closeSync(fd);
    for (let tries = 0; tries < 50 && existsSync(devicePath(device)); tries += 1) {
      await sleep(100);
      await kernel().list();
    }
    expect(existsSync(devicePath(device))).to.equal(false);
    expect((await failureOf(kernel().info(device))).code).to.equal('NOT_FOUND');
  });
}
