import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { LineProcess } from '../bench/line-process.ts';
import { KERNELS } from './kernels.ts';
import { Neighbourhood } from './lifecycles.ts';

/** The whole of it with DMTHIN_LONG=1. */
const isLong = process.env['DMTHIN_LONG'] === '1';
const LIFECYCLES = isLong ? { ioctl: 1000, dmsetup: 50 } : { ioctl: 100, dmsetup: 10 };
const LIMIT_MS = 10;
/** Less than the suspend that hangs for as long as the lifecycles run. */
const STUCK_MS = 1000;

interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** How late this process' timers are while something goes on, in milliseconds. */
async function delayWhile(act: () => Promise<unknown>): Promise<Delay> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await act();
  delay.disable();
  const [p50 = 0, p99 = 0] = [50, 99].map((percentile) => delay.percentile(percentile) / 1e6);
  return { p50, p99, max: delay.max / 1e6 };
}

function shown({ p50, p99, max }: Delay): string {
  return `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, most ${max.toFixed(1)} ms`;
}

/** As many dmsetups as the lifecycles need, which ask nothing of a device. */
async function idleRuns(count: number): Promise<void> {
  for (let run = 0; run < count * 5; run += 1) await promisify(execFile)('dmsetup', ['--version']);
}

describe('the event loop', function () {
  this.timeout(isLong ? 900_000 : 180_000);

  /** @returns how late the timers are while the lifecycles of this process go on. */
  async function beside(kind: keyof typeof KERNELS, count: number): Promise<Delay> {
    const kernel = await KERNELS[kind]();
    const neighbourhood = new Neighbourhood(kernel);
    await neighbourhood.settle();
    try {
      return await delayWhile(() => neighbourhood.live(count));
    } finally {
      await neighbourhood.leave();
      await kernel.close();
    }
  }

  // The guest has one CPU, on a machine that may be busy, its kernel does not preempt itself, and it counts CPU time in
  // ticks of 10 ms. So what counts is how much later the timers are than those of an idle process at the same time. A loop
  // that the suspend holds up would come to no end at all.
  it(`goes on while a suspend hangs and ${LIFECYCLES.ioctl} lifecycles run beside busy and slow devices: ioctl`, async () => {
    const idle = new LineProcess(process.execPath, [join(import.meta.dirname, '../bench/idle-process.js')]);
    await idle.ask('begin');
    const own = await beside('ioctl', LIFECYCLES.ioctl);
    const others = await idle.ask<Delay>('end');
    await idle.close();
    console.log(`      own: ${shown(own)}; an idle process's: ${shown(others)}`);
    expect(own.p99).to.be.below(others.p99 + LIMIT_MS);
  });

  // Node starts a process on the event loop, which waits until the program is loaded: 100 ms and more in this guest.
  it(`is held up by starting dmsetup, and by nothing else, in ${LIFECYCLES.dmsetup} such lifecycles: dmsetup`, async () => {
    const starts = await delayWhile(() => idleRuns(LIFECYCLES.dmsetup));
    const own = await beside('dmsetup', LIFECYCLES.dmsetup);
    console.log(`      own: ${shown(own)}; that of starting dmsetup: ${shown(starts)}`);
    expect(own.p50).to.be.below(LIMIT_MS);
    expect(own.p99).to.be.below(STUCK_MS);
  });
});
