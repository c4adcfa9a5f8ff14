import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GraphDriver, openGraphDriver } from 'dmthin';

/** What it costs to have many layers, in milliseconds and bytes. */
export interface Figures {
  /** Median of making one layer, turn by turn, in a root of few layers and in one of many. */
  readonly create: { readonly few: number; readonly many: number };
  /** The same where each record is synced. */
  readonly createDurably: { readonly few: number; readonly many: number };
  /** With many layers: the quickest of a few, since neighbours only make it slower. */
  readonly open: number;
  readonly close: number;
  /** The most this process has had while it made them and opened them again. */
  readonly peakMemory: number;
}

const [FEW, MANY] = [100, 10_000];
const OPTIONS = ['dm.basesize=16M', 'dm.loopdatasize=1G', 'dm.loopmetadatasize=256M'];

const directory = await mkdtemp(join(tmpdir(), 'dmthin-scale-'));
try {
  console.log(JSON.stringify(await measure()));
} finally {
  await rm(directory, { recursive: true });
}

async function measure(): Promise<Figures> {
  await fill('few', FEW);
  await fill('many', MANY);
  const opens: number[] = [];
  const closes: number[] = [];
  let peakMemory = 0;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    const driver = await open('many', false);
    opens.push(performance.now() - start);
    const end = performance.now();
    await driver.close();
    closes.push(performance.now() - end);
    if (round === 0) peakMemory = await peakResidentSet();
  }
  return {
    create: await createInTurns(300, false),
    createDurably: await createInTurns(60, true),
    open: Math.min(...opens),
    close: Math.min(...closes),
    peakMemory,
  };
}

function open(name: string, isDurable: boolean): Promise<GraphDriver> {
  return openGraphDriver({ root: join(directory, name), kernel: 'fake', storageOptions: OPTIONS, isDurable });
}

async function fill(name: string, count: number): Promise<void> {
  const driver = await open(name, false);
  await driver.create('image');
  for (let layer = 1; layer < count; layer++) await driver.create(`layer-${layer}`, { parent: 'image' });
  await driver.close();
}

/** Turn by turn, so that both have the same moments of a busy machine. */
async function createInTurns(rounds: number, isDurable: boolean): Promise<Figures['create']> {
  const few = await open('few', isDurable);
  const many = await open('many', isDurable);
  const times = { few: [] as number[], many: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    times.few.push(await createAndRemove(few));
    times.many.push(await createAndRemove(many));
  }
  await few.close();
  await many.close();
  return { few: median(times.few), many: median(times.many) };
}

/** Gives what the creation took; the layer goes again, so that few stay few. */
async function createAndRemove(driver: GraphDriver): Promise<number> {
  const start = performance.now();
  await driver.create('one-more', { parent: 'image' });
  const time = performance.now() - start;
  await driver.remove('one-more');
  return time;
}

/** Linux counts what the parent had before exec into maxRSS, and a run of mocha has much. */
async function peakResidentSet(): Promise<number> {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const status = await readFile('/proc/self/status', 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/mu.exec(status)?.[1]) * 1024;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? Number.NaN;
}
