import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { expect } from 'chai';
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

/** Each lifecycle of a process of its own. */
async function elsewhere(kind: string, count: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lifecycles.js'), kind, `${count}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(await once(child, 'exit')).to.deep.equal([0, null]);
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

  // The guest has one CPU, on a machine that may be busy, and its kernel does not preempt itself. So what counts is how
  // much later the timers are than beside the same work of another process; half of the room is for the neighbours'
  // noise. A loop that the suspend holds up would come to no end at all.
  it(`goes on while a suspend hangs and ${LIFECYCLES.ioctl} lifecycles run beside busy and slow devices: ioctl`, async () => {
    const others = await delayWhile(() => elsewhere('ioctl', LIFECYCLES.ioctl));
    const own = await beside('ioctl', LIFECYCLES.ioctl);
    console.log(`      own: ${shown(own)}; another process's: ${shown(others)}`);
    expect(own.p99).to.be.below(2 * others.p99 + LIMIT_MS);
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
