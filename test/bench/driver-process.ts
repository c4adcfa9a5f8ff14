/** Answers each line on standard input with figures of the whole driver: `driver-process.js KERNEL ROOT OPTION...`. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { type GraphDriver, type KernelName, openGraphDriver } from 'dmthin';
import { quantile, type Times } from './times.ts';

const STEPS = ['create', 'get', 'put', 'remove'] as const;

const [kernel, root = '', ...storageOptions] = process.argv.slice(2);
const driver = await openGraphDriver({ root, kernel: kernel as KernelName, storageOptions });
let made = 0;
const answers: Readonly<Record<string, (count: number, atOnce: number) => Promise<unknown>>> = {
  lifecycles,
  together,
  status: statusWhileBusy,
};
for await (const line of createInterface({ input: process.stdin })) {
  const [word = '', count, atOnce] = line.split(' ');
  console.log(JSON.stringify(await answers[word]?.(Number(count), Number(atOnce))));
}
await driver.close();

async function lifecycles(count: number): Promise<Times> {
  const times = Object.fromEntries(STEPS.map((step) => [step, [] as number[]]));
  for (let round = 0; round < count; round++)
    await live(async (step, work) => {
      const begun = performance.now();
      await work();
      times[step]?.push(performance.now() - begun);
    });
  return times;
}

async function live(timed: (step: string, work: () => Promise<unknown>) => Promise<void>): Promise<void> {
  const id = `layer-${made++}`;
  const steps: readonly ((on: GraphDriver) => Promise<unknown>)[] = [
    (on) => on.create(id),
    (on) => on.mount(id),
    (on) => on.unmount(id),
    (on) => on.remove(id),
  ];
  for (const [index, step] of steps.entries()) await timed(STEPS[index] ?? '', () => step(driver));
}

/** `count` lifecycles, so many at once: milliseconds a lifecycle, and how late the timers are meanwhile. */
async function together(count: number, atOnce: number): Promise<object> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const begun = performance.now();
  delay.enable();
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await live((_, work) => work().then(() => undefined));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  delay.disable();
  const elapsed = performance.now() - begun;
  return {
    each: elapsed / count,
    p50: delay.percentile(50) / 1e6,
    p99: delay.percentile(99) / 1e6,
    max: delay.max / 1e6,
  };
}

/** How long the status takes while lifecycles go on, four at once. */
async function statusWhileBusy(count: number): Promise<object> {
  const times: number[] = [];
  let isOver = false;
  const busy = Array.from({ length: 4 }, async () => {
    while (!isOver) await live((_, work) => work().then(() => undefined));
  });
  for (let round = 0; round < count; round++) {
    const begun = performance.now();
    await driver.status();
    times.push(performance.now() - begun);
    await wait(10);
  }
  isOver = true;
  await Promise.all(busy);
  return { median: quantile(times, 0.5), p99: quantile(times, 0.99) };
}
