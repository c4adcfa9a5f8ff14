/**
 * Figures of the fake kernel and of growth, in CPU time, taken where this runs: `fake.js` prints one line of JSON. Each size is measured
 * in a process of its own, so that none has the memory of another.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import {
  type DeviceName,
  deviceName,
  formatDeviceNumber,
  sectors,
  thinId,
  transactionId,
  volumeId,
} from '@dmthin/domain';
import { createFakeKernel, MemoryStore } from '@dmthin/kernel-fake';
import type { KernelCommand } from '@dmthin/ports';
import { driverModules, FAKE_MACHINE, GRAPH_DRIVER, type GraphDriver, openGraphDriver, RECORDS } from 'dmthin';
import { Container } from 'inversify';
import { command } from '../e2e/support/dmthin.ts';
import { quantile } from './times.ts';

export interface SizeFigures {
  readonly layers: number;
  /** Milliseconds of CPU: the median of a create, and of opening, with so many layers there. */
  readonly create: number;
  readonly open: number;
  /** What an open driver holds, in bytes. */
  readonly memory: number;
}

export interface FakeFigures {
  readonly sizes: readonly SizeFigures[];
  /** Milliseconds of CPU of a create, by how many layers it stands on. */
  readonly depth: readonly { readonly depth: number; readonly create: number }[];
  /** Milliseconds of CPU of a lifecycle, by how many go on at once. */
  readonly atOnce: readonly { readonly atOnce: number; readonly each: number }[];
  readonly lifecyclesPerSecond: number;
  readonly writtenPerSecond: number;
  /** Milliseconds of CPU: a new root with all that it needs, opened and closed. */
  readonly wholeStack: number;
  /** Milliseconds, by the clock. */
  readonly statusCommand: number;
}

const SIZES = [10, 1000, 10_000, 100_000];
const MIB = 2 ** 20;
const DEPTH = 128;
const AT_ONCE = [1, 2, 4, 8, 16, 32, 64];
const OPTIONS = ['dm.basesize=16M', 'dm.loopdatasize=1G', 'dm.loopmetadatasize=1G'];

const [task, place = '', argument] = process.argv.slice(2);
if (task === 'fill') await fill(place, Number(argument));
else console.log(JSON.stringify(task === 'size' ? await sizeFigures(place, Number(argument)) : await all()));

async function all(): Promise<FakeFigures> {
  const sizes: SizeFigures[] = [];
  for (const size of SIZES) sizes.push(await inProcess(size));
  return {
    sizes,
    depth: await withPlace(depths),
    atOnce: await withPlace(concurrency),
    ...(await port()),
    wholeStack: await median(15, () => withPlace(async (place) => (await open(place)).close()), spent),
    statusCommand: await withPlace(statusCommand),
  };
}

function inProcess(layers: number): Promise<SizeFigures> {
  return withPlace(async (root) => {
    const run = promisify(execFile);
    await run(process.execPath, [import.meta.filename, 'fill', root, String(layers)]);
    const { stdout } = await run(process.execPath, ['--expose-gc', import.meta.filename, 'size', root, String(layers)]);
    return JSON.parse(stdout) as SizeFigures;
  });
}

async function sizeFigures(root: string, layers: number): Promise<SizeFigures> {
  const before = held();
  const times: number[] = [];
  let driver: GraphDriver | undefined;
  for (let round = 0; round < 3; round++) {
    await driver?.close();
    const begun = spent();
    driver = await open(root);
    times.push(spent() - begun);
  }
  const memory = held() - before;
  const create = await creates(driver as GraphDriver, 200);
  await driver?.close();
  return { layers, create, open: Math.min(...times), memory };
}

/** By the ports, since a hundred thousand lifecycles of the driver would take minutes: thin devices, and their records. */
async function fill(place: string, layers: number): Promise<void> {
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(...driverModules({ root: place, kernel: 'fake', storageOptions: OPTIONS }));
  const driver = await container.getAsync(GRAPH_DRIVER);
  await driver.create('image');
  const { kernel } = await container.getAsync(FAKE_MACHINE);
  const records = await container.getAsync(RECORDS);
  const { poolName, baseDeviceSize: size } = await driver.status();
  const [isInitialized, isDeleted] = [false, false];
  const make = async (layer: number): Promise<void> => {
    const id = thinId(layer + 100);
    await kernel.message(deviceName(poolName), sectors(0), `create_thin ${id}`);
    const volume = volumeId(`layer-${layer}`);
    await records.saveVolume({ volume, thinId: id, size, transactionId: transactionId(1n), isInitialized, isDeleted });
  };
  for (let layer = 1; layer < layers; layer += 100)
    await Promise.all(Array.from({ length: Math.min(100, layers - layer) }, (_, index) => make(layer + index)));
  await container.unbindAllAsync();
}

function held(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function creates(driver: GraphDriver, count: number): Promise<number> {
  const times: number[] = [];
  for (let round = -50; round < count; round++) {
    const begun = spent();
    await driver.create('one-more', { parent: 'image' });
    if (round >= 0) times.push(spent() - begun);
    await driver.remove('one-more');
  }
  return quantile(times, 0.5);
}

async function depths(place: string): Promise<FakeFigures['depth']> {
  const driver = await open(place);
  const figures: { depth: number; create: number }[] = [];
  for (let depth = 1; depth <= DEPTH; depth++) {
    const parent = depth === 1 ? {} : { parent: `deep-${depth - 1}` };
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const begun = spent();
      await driver.create(`deep-${depth}`, parent);
      times.push(spent() - begun);
      if (round < 4) await driver.remove(`deep-${depth}`);
    }
    figures.push({ depth, create: quantile(times, 0.5) });
  }
  await driver.close();
  return figures;
}

async function concurrency(place: string): Promise<FakeFigures['atOnce']> {
  const driver = await open(place);
  const figures: { atOnce: number; each: number }[] = [];
  for (const atOnce of [1, ...AT_ONCE]) {
    const count = 128;
    let left = count;
    const begun = spent();
    const worker = async (_: unknown, index: number): Promise<void> => {
      const id = `busy-${index}`;
      for (; left > 0; left--) {
        await driver.create(id);
        await driver.mount(id);
        await driver.unmount(id);
        await driver.remove(id);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    figures.push({ atOnce, each: (spent() - begun) / count });
  }
  await driver.close();
  // The first has warmed up.
  return figures.slice(1);
}

/** The kernel's port by itself, over disks in memory. */
async function port(): Promise<Pick<FakeFigures, 'lifecyclesPerSecond' | 'writtenPerSecond'>> {
  const kernel = createFakeKernel();
  const [metadata, data] = [
    { major: 8, minor: 0 },
    { major: 8, minor: 16 },
  ];
  kernel.attach(metadata, new MemoryStore(64 * MIB));
  kernel.attach(data, new MemoryStore(1024 * MIB));
  const pool = deviceName('pool');
  const table = `${formatDeviceNumber(metadata)} ${formatDeviceNumber(data)} 128 0 1 skip_block_zeroing`;
  await kernel.sequence(activation(pool, { type: 'thin-pool', length: 1024 * MIB, params: table }));
  const send = (text: string): Promise<unknown> => kernel.message(pool, sectors(0), text);
  const count = 20_000;
  let begun = spent();
  for (let round = -count / 4; round < count; round++) {
    if (round === 0) begun = spent();
    await send('create_thin 1');
    await send('delete 1');
  }
  const lifecyclesPerSecond = (count / (spent() - begun)) * 1000;

  await send('create_thin 1');
  const { number } = await kernel.info(pool);
  const device = deviceName('written');
  await kernel.sequence(
    activation(device, { type: 'thin', length: 512 * MIB, params: `${formatDeviceNumber(number)} 1` }),
  );
  const opened = kernel.open((await kernel.info(device)).number);
  const chunk = new Uint8Array(MIB).fill(7);
  begun = spent();
  for (let at = 0; at < 512; at++) opened.write(at * MIB, chunk);
  const writtenPerSecond = ((512 * MIB) / (spent() - begun)) * 1000;
  opened.close();
  await kernel.close();
  return { lifecyclesPerSecond, writtenPerSecond };
}

function activation(
  device: DeviceName,
  { type, length, params }: { readonly type: string; readonly length: number; readonly params: string },
): readonly KernelCommand[] {
  const table = [{ start: sectors(0), length: sectors(length / 512), type, params }];
  return [
    { command: 'create', device },
    { command: 'load', device, table },
    { command: 'resume', device },
  ];
}

async function statusCommand(place: string): Promise<number> {
  const [program = '', ...before] = command();
  const words = [
    ...before,
    '--root',
    place,
    '--kernel',
    'fake',
    ...OPTIONS.flatMap((option) => ['--storage-opt', option]),
  ];
  await promisify(execFile)(program, [...words, 'status']);
  return median(
    10,
    () => promisify(execFile)(program, [...words, 'status']),
    () => performance.now(),
  );
}

function open(root: string): Promise<GraphDriver> {
  return openGraphDriver({ root, kernel: 'fake', storageOptions: OPTIONS, isDurable: false });
}

/** Milliseconds of CPU that this process has had, of all its threads: on a busy machine a clock tells of the neighbours. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function median(rounds: number, work: () => Promise<unknown>, clock: () => number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begun = clock();
    await work();
    times.push(clock() - begun);
  }
  return quantile(times, 0.5);
}

async function withPlace<T>(work: (place: string) => Promise<T>): Promise<T> {
  const place = await mkdtemp(join(tmpdir(), 'dmthin-bench-'));
  try {
    return await work(place);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
