import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { failureOf } from '@dmthin/conformance';
import { devicePath } from '@dmthin/domain';
import { type IoctlKernel, openIoctlKernel } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import { activation, freshName, loopDevice, runModule, sleep, table } from './machine.ts';

/** The whole of it with DMTHIN_LONG=1. */
const IOCTLS = process.env['DMTHIN_LONG'] === '1' ? 100_000 : 10_000;

describe('the threads of a kernel', () => {
  let kernel: IoctlKernel;
  beforeEach(async () => {
    kernel = await openIoctlKernel();
  });
  afterEach(() => kernel.close());

  it('keep no process alive, and none from ending, whoever waits for an event', () => {
    const { status, output, ms } = runModule(`
      import { openIoctlKernel } from '@dmthin/kernel-ioctl';
      const kernel = await openIoctlKernel();
      await kernel.create('dmthin-test-alive');
      kernel.waitEvent('dmthin-test-alive', 0).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await kernel.remove('dmthin-test-alive');
      console.log('last words');`);
    expect({ status, output }).to.deep.equal({ status: 0, output: 'last words\n' });
    expect(ms).to.be.below(20_000);
  });

  it('keep a process alive for as long as an answer is waited for', () => {
    const { status, output } = runModule(`
      import { openIoctlKernel } from '@dmthin/kernel-ioctl';
      openIoctlKernel().then((kernel) => kernel.list()).then((devices) => console.log(devices.length));`);
    expect({ status, output }).to.deep.equal({ status: 0, output: '0\n' });
  });

  it('that die take what was asked with them, and the next call has a new one', async () => {
    const workers: Worker[] = [];
    process.on('worker', (worker) => workers.push(worker));
    const mortal = await openIoctlKernel();
    const asked = Array.from({ length: 50 }, () => mortal.sequence([]));
    void workers[0]?.terminate();
    const settled = await Promise.allSettled(asked);
    const failures = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    for (const failure of failures) expect(failure).to.have.property('code', 'UNAVAILABLE');
    expect(failures).not.to.have.length(0);
    expect(await mortal.list()).to.deep.equal([]);
    expect(workers).to.have.length(2);
    await mortal.close();
  });

  it('let nothing wait for a device that is stuck', async () => {
    const [below, above, other] = [freshName('below'), freshName('above'), freshName('other')];
    await kernel.sequence([
      ...activation(below, table(2048, 'zero')),
      ...activation(above, table(2048, 'linear', `${devicePath(below)} 0`)),
      { command: 'suspend', device: below },
    ]);
    // dd's write is held back by what is below, and a suspend of what is above waits for it.
    const writer = spawn('dd', ['if=/dev/zero', `of=${devicePath(above)}`, 'bs=4k', 'count=1', 'oflag=direct']);
    const written = new Promise((resolve) => writer.on('exit', resolve));
    const inFlight = `/sys/block/dm-${(await kernel.info(above)).number.minor}/inflight`;
    while (/^\s*0\s+0\s*$/u.test(readFileSync(inFlight, 'utf8'))) await sleep(20);
    let isSuspended = false;
    const suspending = kernel.suspend(above).then(() => {
      isSuspended = true;
    });
    await sleep(10);
    await kernel.sequence(activation(other, table(8, 'zero')));
    expect((await kernel.info(other)).hasLiveTable).to.equal(true);
    expect(isSuspended, 'the suspend came back first').to.equal(false);
    await kernel.resume(below);
    await suspending;
    await kernel.resume(above);
    await written;
    await kernel.sequence([above, below, other].map((device) => ({ command: 'remove', device })));
  });

  it('take nothing back that is under way, and drop what waits when it is cancelled', async () => {
    const device = freshName('cancelled');
    const abort = new AbortController();
    const first = kernel.create(device, {}, abort.signal);
    const second = failureOf(kernel.remove(device, {}, abort.signal));
    abort.abort();
    await first;
    expect((await second).code).to.equal('ABORTED');
    await kernel.remove(device);
  });

  it(`keep their memory over ${IOCTLS} ioctls`, async function () {
    this.timeout(400_000);
    const device = freshName('memory');
    await kernel.sequence(activation(device, table(8, 'zero')));
    const hundred = Array.from({ length: 100 }, () => ({ command: 'clear', device }) as const);
    const round = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 102) {
        await kernel.sequence(hundred);
        await kernel.status(device);
        await kernel.list();
      }
    };
    await round(10_000);
    const before = process.memoryUsage.rss();
    await round(IOCTLS);
    const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
    console.log(`      RSS grew by ${grown.toFixed(1)} MiB, from ${(before / 2 ** 20).toFixed(0)}`);
    expect(grown, 'MiB').to.be.below(8);
    await kernel.remove(device);
  });
});

describe('events', () => {
  let kernel: IoctlKernel;
  before(async () => {
    kernel = await openIoctlKernel();
  });
  after(() => kernel.close());

  it("are told as they happen, a pool's and those of many devices at once", async () => {
    const [metadata, data] = [loopDevice(8192), loopDevice(32_768)];
    const [pool, thin] = [freshName('pool'), freshName('thin')];
    // Low water mark of 200 of its 256 blocks: the pool sends an event once fewer are free.
    await kernel.sequence([
      ...activation(pool, table(32768, 'thin-pool', `${metadata.path} ${data.path} 128 200`)),
      { command: 'message', device: pool, sector: table(1, 'zero')[0]?.start as never, text: 'create_thin 0' },
      ...activation(thin, table(16384, 'thin', `${devicePath(pool)} 0`)),
    ]);
    const { eventNumber } = await kernel.info(pool);
    const waiting = Array.from({ length: 20 }, () => kernel.waitEvent(pool, eventNumber));
    await sleep(300);
    const fd = openSync(devicePath(thin), 'w');
    writeSync(fd, new Uint8Array(8 * 2 ** 20));
    closeSync(fd);
    expect(await Promise.all(waiting)).to.deep.equal(Array.from({ length: 20 }, () => eventNumber + 1));
    await kernel.sequence([
      { command: 'remove', device: thin },
      { command: 'remove', device: pool },
    ]);
    for (const disk of [metadata, data]) disk.detach();
  });

  it('that were before the wait are told at once, and none is missed between', async () => {
    const device = freshName('before');
    await kernel.sequence(activation(device, table(8, 'zero')));
    let name = device;
    for (let seen = 0; seen < 20; seen += 1) {
      const to = freshName('after');
      const waiting = kernel.waitEvent(name, seen).catch((failure: unknown) => failure);
      await kernel.rename(name, to);
      // Whether the wait or the rename came first, nobody knows.
      const told = await waiting;
      if (told !== seen + 1) expect(told).to.have.property('code', 'NOT_FOUND');
      expect(await kernel.waitEvent(to, seen)).to.equal(seen + 1);
      name = to;
    }
    await kernel.remove(name);
  });

  it('are waited for until the caller, the device or the kernel goes', async () => {
    const device = freshName('goes');
    await kernel.sequence(activation(device, table(8, 'zero')));
    const abort = new AbortController();
    const cancelled = failureOf(kernel.waitEvent(device, 0, abort.signal));
    await sleep(100);
    abort.abort(new Error('enough'));
    expect(await cancelled).to.have.property('code', 'ABORTED');
    const removed = failureOf(kernel.waitEvent(device, 0));
    await sleep(100);
    await kernel.remove(device);
    expect(await removed).to.have.property('code', 'NOT_FOUND');
    const other = await openIoctlKernel();
    await other.create(device);
    const closed = failureOf(other.waitEvent(device, 0));
    await sleep(100);
    await other.close();
    expect(await closed).to.have.property('code', 'CLOSED');
    await kernel.remove(device);
  });
});
