import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type GraphDriver, openGraphDriver } from 'dmthin';
import { print } from '../../../guest/print.ts';
import { type Place, temporaryPlace } from '../../support/root.ts';
import { type Layers, layersOf, settled } from '../layers.ts';
import { CrashDisk } from './crash-disk.ts';
import { BASE_MIB, deedsOf } from './deeds.ts';
import type { Fate } from './victim.ts';

/** Where a root has its pool, on a disk that may lose its power. */
export interface PoolKind {
  readonly name: string;
  readonly canResize: boolean;
  /** Once. Gives the storage options. */
  readonly make: (disk: CrashDisk) => readonly string[];
  /** After a boot, what is not the driver's to do; and before the power goes for good. */
  readonly start: () => void;
  readonly stop: () => void;
  /** The device with the metadata, while the pool is down. */
  readonly withMetadata: (root: string, check: (device: string) => void) => void;
  readonly discard: () => void;
}

const OPTIONS = ['dm.fs=ext4', `dm.basesize=${BASE_MIB}M`];
/** Each takes some seconds. By hand: DMTHIN_LONG=1 and another DMTHIN_SEED. */
const ROUNDS = process.env['DMTHIN_LONG'] === '1' ? 30 : 1;
const SEED = Number(process.env['DMTHIN_SEED'] ?? 1);
/** About as many calls as opening and the deeds of a round make. */
const CALLS = 220;

export function realCrashSuite(kind: PoolKind): void {
  describe(`a process on a real kernel, on ${kind.name}`, function () {
    this.timeout(ROUNDS * 120_000);
    const random = randomFrom(SEED);
    let place: Place;
    let machine: Machine;
    let round = 0;
    before(async () => {
      place = await temporaryPlace();
      machine = new Machine(kind, place.path);
    });
    // Where it failed, what it leaves may be too much to be taken away, and says more than the failure of that.
    after(async function () {
      if (this.test?.parent?.tests.some((test) => test.isFailed()) === true) return;
      machine.discard();
      await place[Symbol.asyncDispose]();
    });

    it(`leaves what was acknowledged, and nothing else, when it is killed at any call (${ROUNDS} times)`, async () => {
      for (const end = round + ROUNDS; round < end; round++) {
        const step = 1 + Math.floor(random() * CALLS);
        const moment = random() < 0.5 ? 'end-before' : 'end-after';
        const done = await machine.run(round, { step, moment });
        await machine.expectWell(round, done.count, done.count + 1, `${moment} of call ${step}`);
      }
    });

    it(`leaves what was acknowledged, and nothing else, when the power goes at any moment (${ROUNDS} times)`, async () => {
      for (const end = round + ROUNDS; round < end; round++) {
        const after = Math.floor(random() * (deedsOf(0, kind.canResize).length + 1));
        const milliseconds = random() * 60;
        const done = await machine.run(round, { cut: { after, milliseconds } });
        await machine.expectWell(round, done.atCut, done.count + 1, `${milliseconds} ms after deed ${after}`);
      }
    });
  });
}

interface Done {
  /** The deeds that were acknowledged, and those of them before the power went. */
  readonly count: number;
  readonly atCut: number;
}

interface Cut {
  /** How many deeds are done before it. */
  readonly after: number;
  readonly milliseconds: number;
}

class Machine {
  readonly #kind: PoolKind;
  readonly #disk: CrashDisk;
  readonly #root: string;
  readonly #options: readonly string[];
  /** What is there of the rounds that are over. */
  #kept: Layers = {};

  constructor(kind: PoolKind, directory: string) {
    this.#kind = kind;
    this.#disk = new CrashDisk(directory);
    this.#root = join(this.#disk.mountPoint, 'root');
    this.#options = [...OPTIONS, ...kind.make(this.#disk)];
    kind.start();
  }

  /** Has a process do the deeds of a round, until it is killed or the power goes. */
  async run(round: number, end: Pick<Fate, 'step' | 'moment'> & { readonly cut?: Cut }): Promise<Done> {
    const { canResize } = this.#kind;
    const { cut, ...killed } = end;
    const fate: Fate = { root: this.#root, storageOptions: this.#options, round, canResize, ...killed };
    const victim = spawn(process.execPath, [join(import.meta.dirname, 'victim.js'), JSON.stringify(fate)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(victim, 'exit');
    let count = 0;
    let atCut = 0;
    for await (const line of createInterface(victim.stdout)) {
      if (line !== 'open') count = Number(line) + 1;
      if (cut === undefined || count !== cut.after) continue;
      await sleep(cut.milliseconds);
      atCut = count;
      this.#disk.cutPower();
      victim.kill('SIGKILL');
    }
    await exited;
    if (cut !== undefined) this.#reboot();
    return { count, atCut };
  }

  /** Opened again it has what `from` to `to` deeds of the round leave; nothing is amiss, and the metadata is whole. */
  async expectWell(round: number, from: number, to: number, where: string): Promise<void> {
    const driver = await openGraphDriver({ root: this.#root, kernel: 'ioctl', storageOptions: this.#options });
    try {
      await settled(driver);
      const found = await contentOf(driver);
      const states = statesOf(this.#kept, round, this.#kind.canResize).slice(from, to + 1);
      expect(states, `round ${round}, ${where}`).to.deep.include(found);
      // What recovery took back, and what the opening took away, it also tells.
      const amiss = (await driver.check()).filter(({ kind, outcome }) => kind !== 'start' && outcome !== 'repaired');
      expect(amiss, `round ${round}, ${where}`).to.deep.equal([]);
      for (const id of Object.keys(found)) if (!/^a-/u.test(id)) await driver.remove(id);
      this.#kept = Object.fromEntries(Object.entries(found).filter(([id]) => /^a-/u.test(id)));
    } finally {
      await driver.close();
    }
    this.#kind.stop();
    this.#kind.withMetadata(this.#root, (device) => print('thin_check', device));
    this.#kind.start();
  }

  discard(): void {
    this.#kind.stop();
    this.#kind.discard();
    this.#disk.discard();
  }

  #reboot(): void {
    const below = mountsBelow(this.#root);
    for (const path of below) print('umount', path);
    for (const name of devicesOf(this.#root)) print('dmsetup', 'remove', '--retry', name);
    this.#kind.stop();
    this.#disk.unmount();
    this.#disk.power();
    this.#disk.mount();
    this.#kind.start();
  }
}

/** What there is after each number of deeds. */
function statesOf(kept: Layers, round: number, canResize: boolean): readonly Layers[] {
  const states = [kept];
  for (const { change } of deedsOf(round, canResize)) states.push(change(states.at(-1) ?? {}));
  return states;
}

/** Without the drafts of files. */
async function contentOf(driver: GraphDriver): Promise<Layers> {
  const layers = Object.entries(await layersOf(driver));
  return Object.fromEntries(
    layers.map(([id, files]) => [
      id,
      Object.fromEntries(Object.entries(files).filter(([name]) => !name.startsWith('.'))),
    ]),
  );
}

function mountsBelow(root: string): readonly string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return mounts
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${root}/`))
    .toReversed();
}

/** The root's mapped devices, its own pool last. */
function devicesOf(root: string): readonly string[] {
  const { dev, ino } = statOf(root);
  const names = print('dmsetup', 'ls')
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '');
  const own = names.filter((name) => name.startsWith(`docker-${dev}-${ino}-`));
  return own.toSorted((one, other) => Number(one.endsWith('-pool')) - Number(other.endsWith('-pool')));
}

function statOf(root: string): { readonly dev: string; readonly ino: string } {
  const [dev = '', ino = ''] = print('stat', '--format', '%Hd:%Ld %i', root).split(' ');
  return { dev, ino };
}

/** The same numbers each time (Lehmer). */
function randomFrom(seed: number): () => number {
  let state = seed * 7919 + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
