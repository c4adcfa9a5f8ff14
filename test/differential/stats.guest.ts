import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceName, sectors } from '@dmthin/domain';
import { createFakeKernel, type FakeKernel, MemoryStore } from '@dmthin/kernel-fake';
import { config, expect } from 'chai';
import fc from 'fast-check';
import { KernelDevices } from '../guest/kernel-devices.ts';

const SECTOR = 512;
const DISK_SECTORS = 65_536;
const SIZE = 2048;
/** What I/O is made to, on both kernels: `<a>` and `<b>` stand for two disks, `<pool>` for the pool. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  linear: [`0 ${SIZE} linear <a> 32`],
  pieces: ['0 100 linear <a> 0', '100 924 zero', `1024 1024 linear <b> 8192`],
  striped: [`0 ${SIZE} striped 2 64 <a> 0 <b> 0`],
  thin: [`0 ${SIZE} thin <pool> 1`],
};
const POOL = '0 32768 thin-pool <a> <b> 128 0';

interface Io {
  readonly op: 'read' | 'write' | 'discard';
  /** In sectors. */
  readonly at: number;
  readonly length: number;
}

const ios: fc.Arbitrary<readonly Io[]> = fc.array(
  fc
    .record({
      op: fc.constantFrom('read' as const, 'write' as const, 'discard' as const),
      at: fc.oneof(fc.nat(2), fc.nat(SIZE - 1)),
      length: fc.integer({ min: 1, max: 400 }),
    })
    .map(({ op, at, length }) => {
      // A discard that begins elsewhere is cut at the next multiple of the device's granularity.
      const begin = op === 'discard' ? Math.floor(at / 128) * 128 : at;
      return { op, at: begin, length: Math.min(length, SIZE - begin) };
    }),
  { minLength: 1, maxLength: 8 },
);
const regions = fc.constantFrom('- 100', '- /7', '64+1000 33', '1+1 1', '- /1 1 histogram:1000000000');

/** The same two in every run, since each is a dozen processes; others, and more, with DMTHIN_STATS_RUNS. */
const { DMTHIN_STATS_RUNS: runs } = process.env;
const isLong = runs !== undefined;
const RUNS = Number(runs ?? 2);

config.truncateThreshold = 0;

describe('what a fake kernel counts of direct I/O', function () {
  this.timeout(0);

  for (const [title, table] of Object.entries(TABLES))
    it(`is what a real kernel counts: ${title}`, async () => {
      const needsPool = title === 'thin';
      using real = realStack(table, needsPool);
      const fake = await fakeStack(table, needsPool);
      await fc.assert(
        fc.asyncProperty(regions, ios, async (region, accesses) => {
          await fake.say(`@stats_create ${region}`);
          real.say(`@stats_create ${region}`);
          for (const io of accesses) {
            if (io.op === 'discard' && title === 'pieces') continue;
            fake.access(io);
            real.access(io);
          }
          expect(withoutTimes(real.say('@stats_print 0'))).to.equal(
            withoutTimes(await fake.say('@stats_print_clear 0')),
          );
          await fake.say('@stats_delete 0');
          real.say('@stats_delete 0');
        }),
        // A region that differed stays.
        { numRuns: RUNS, ...(isLong ? {} : { seed: 1 }), endOnFailure: true },
      );
    });
});

/** Reads, merges and sectors, of both directions, and what is in flight; all of a histogram. */
function withoutTimes(text: string): string {
  const kept = text.split('\n').filter((line) => line !== '');
  return kept
    .map((line) => line.split(' '))
    .map((words) => [0, 1, 2, 3, 5, 6, 7, 9, 14].map((index) => words[index]).join(' '))
    .join('\n');
}

interface Stack<Answer> {
  say(text: string): Answer;
  access(io: Io): void;
}

async function fakeStack(table: readonly string[], needsPool: boolean): Promise<Stack<Promise<string>>> {
  const kernel: FakeKernel = createFakeKernel();
  const name = deviceName('counted');
  for (const minor of [0, 1]) kernel.attach({ major: 7, minor }, new MemoryStore(DISK_SECTORS * SECTOR));
  async function bring(device: typeof name, lines: readonly string[]): Promise<void> {
    await kernel.create(device);
    const parsed = lines.map((line) => {
      const [start, length, type = '', ...params] = line.split(' ');
      const named = params.join(' ').replace('<a>', '7:0').replace('<b>', '7:1').replace('<pool>', '/dev/mapper/pool');
      return { start: sectors(Number(start)), length: sectors(Number(length)), type, params: named };
    });
    await kernel.load(device, parsed);
    await kernel.resume(device);
  }
  const pool = deviceName('pool');
  if (needsPool) {
    await bring(pool, [POOL]);
    await kernel.message(pool, sectors(0), 'create_thin 1');
  }
  await bring(name, table);
  const handle = kernel.open((await kernel.info(name)).number);
  return {
    say: async (text) => (await kernel.message(name, sectors(0), text)) ?? '',
    access: ({ op, at, length }) => {
      if (op === 'read') handle.read(at * SECTOR, length * SECTOR);
      else if (op === 'write') handle.write(at * SECTOR, new Uint8Array(length * SECTOR));
      else handle.discard(at * SECTOR, length * SECTOR);
    },
  };
}

function realStack(table: readonly string[], needsPool: boolean): Stack<string> & Disposable {
  const directory = mkdtempSync(join(tmpdir(), 'dmthin-stats-'));
  const devices = new KernelDevices();
  const name = `dmthin-stats-${process.pid}`;
  const [a = '', b = ''] = ['a', 'b'].map((disk) => {
    const file = join(directory, disk);
    writeFileSync(file, '');
    truncateSync(file, DISK_SECTORS * SECTOR);
    return devices.attach(file);
  });
  const named = (line: string) =>
    line.replace('<a>', a).replace('<b>', b).replace('<pool>', `/dev/mapper/${name}-pool`);
  if (needsPool) {
    devices.create(`${name}-pool`, named(POOL));
    devices.message(`${name}-pool`, 'create_thin 1');
  }
  const path = devices.create(name, table.map(named).join('\n'));
  return {
    say: (text) => devices.message(name, text),
    access: ({ op, at, length }) => {
      const bytes = [`${at * SECTOR}`, `${length * SECTOR}`] as const;
      if (op === 'discard') execFileSync('blkdiscard', ['--force', '--offset', bytes[0], '--length', bytes[1], path]);
      else {
        const ends = op === 'read' ? [`if=${path}`, 'of=/dev/null'] : ['if=/dev/zero', `of=${path}`];
        const place =
          op === 'read'
            ? [`skip=${bytes[0]}`, 'iflag=direct,skip_bytes']
            : [`seek=${bytes[0]}`, 'oflag=direct,seek_bytes'];
        execFileSync('dd', [...ends, `bs=${bytes[1]}`, 'count=1', ...place], { stdio: 'ignore' });
      }
    },
    [Symbol.dispose]: () => {
      devices[Symbol.dispose]();
      rmSync(directory, { recursive: true });
    },
  };
}
