import { randomBytes } from 'node:crypto';
import { DmError, volumeId } from '@dmthin/domain';
import type { GraphDriver } from '@dmthin/graphdriver';
import type { Command } from '../command/command.ts';
import { formatTable } from '../output/table.ts';

const STEPS = ['create', 'get', 'put', 'remove'] as const;
type Step = (typeof STEPS)[number];
type Timings = Readonly<Record<Step, number[]>>;

export const bench: Command = {
  name: 'bench',
  summary: 'time whole lifecycles of a layer on this root: create, get (mount), put (unmount), remove',
  arguments: [{ name: 'what', description: '`lifecycle`' }],
  options: [
    { name: 'count', value: 'N', description: 'how many lifecycles are counted', default: '100' },
    { name: 'warmup', value: 'N', description: 'how many run first and are not', default: '20' },
  ],
  json: '`{count, createMs, getMs, putMs, removeMs, totalMs}`: medians in milliseconds; `totalMs` is their sum',
  async run({ argument, option, output, signal, withDriver }) {
    if (argument('what') !== 'lifecycle')
      throw new DmError('INVALID_ARGUMENT', `there is no bench "${argument('what')}"`, {
        remedy: 'Use: bench lifecycle',
      });
    const count = wholeNumber('count', option('count'), 1);
    const warmup = wholeNumber('warmup', option('warmup'), 0);
    const timings = await withDriver((driver) => timeLifecycles(driver, count, warmup, signal));
    const medians = STEPS.map((step) => median(timings[step]));
    const total = medians.reduce((sum, value) => sum + value, 0);
    const [createMs, getMs, putMs, removeMs] = medians;
    await output.answer({ count, createMs, getMs, putMs, removeMs, totalMs: total }, () =>
      formatTable(
        ['STEP', 'MEDIAN', 'P99'],
        [
          ...STEPS.map((step) => [
            step,
            milliseconds(median(timings[step])),
            milliseconds(quantile(timings[step], 0.99)),
          ]),
          ['sum', milliseconds(total), ''],
        ],
      ),
    );
  },
};

async function timeLifecycles(
  driver: GraphDriver,
  count: number,
  warmup: number,
  signal: AbortSignal,
): Promise<Timings> {
  const timings: Timings = { create: [], get: [], put: [], remove: [] };
  const run = randomBytes(4).toString('hex');
  for (let round = -warmup; round < count; round++) {
    signal.throwIfAborted();
    const id = volumeId(`bench-${run}-${round + warmup}`);
    const timed = async (step: Step, work: () => Promise<unknown>): Promise<void> => {
      const begun = performance.now();
      await work();
      if (round >= 0) timings[step].push(performance.now() - begun);
    };
    await timed('create', () => driver.create(id, {}, signal));
    await timed('get', () => driver.mount(id));
    await timed('put', () => driver.unmount(id));
    await timed('remove', () => driver.remove(id));
  }
  return timings;
}

function wholeNumber(name: string, text: string | undefined, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new DmError('INVALID_ARGUMENT', `--${name} ${text}: not a whole number of ${least} or more`, {
      remedy: `Give --${name} 100, say.`,
    });
  return value;
}

const milliseconds = (value: number): string => `${value.toFixed(2)} ms`;
const median = (values: readonly number[]): number => quantile(values, 0.5);

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
