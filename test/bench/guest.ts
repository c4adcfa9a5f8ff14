/**
 * Runs in the guest: `guest.js FLOOR ROUNDS [SUBJECT...]`. Times the lifecycles of all subjects in turns of a few rounds,
 * so that each has the same moments of a busy machine as the floor beside it; then what else a real kernel has to show.
 * Prints one line of JSON.
 */
import { mkdtemp } from 'node:fs/promises';
import { release, version } from 'node:os';
import { join } from 'node:path';
import { type DiffFigures, diffFigures } from './changed-tree.ts';
import { containerdFigures, type SnapshotterFigures } from './containerd-figures.ts';
import { LineProcess } from './line-process.ts';
import { type DockerSubject, type DriverSubject, docker, driver, floor, type Subject } from './subjects.ts';
import { type Figure, figures, joined, sumOf, type Times } from './times.ts';

export interface Row {
  readonly name: string;
  readonly rounds: number;
  readonly steps: Readonly<Record<string, Figure>>;
  readonly sum: number;
  /** Against the floor, in the same turns. */
  readonly floors: number;
}

export interface GuestFigures {
  readonly rows: readonly Row[];
  readonly kernel: string;
  /** Of kernel ioctl: 64 at once; one after another, and an idle process beside them; the status meanwhile. */
  readonly loop?: Readonly<Record<'together' | 'alone' | 'idle' | 'status', Readonly<Record<string, number>>>>;
  /** Of the subjects behind dockerd. */
  readonly diff?: DiffFigures;
  readonly containerd?: readonly SnapshotterFigures[];
}

const TURN = 10;
const WARM_UP = 100;
const SUBJECTS: Readonly<Record<string, (place: string) => Promise<Subject>>> = {
  ioctl: (place) => driver('ioctl', place),
  'ioctl-own-pool': (place) => driver('ioctl', place, true),
  dmsetup: (place) => driver('dmsetup', place),
  'docker-devicemapper': (place) => docker('devicemapper', place),
  'docker-dmthin': (place) => docker('dmthin', place),
};

const [program = '', rounds, ...wanted] = process.argv.slice(2);
const place = await mkdtemp('/mnt/bench-');
const subjects = [await floor(program, place)];
for (const [name, open] of Object.entries(SUBJECTS))
  if (wanted.length === 0 || wanted.includes(name)) subjects.push(await open(place));
tell('lifecycles in turns');
const rows = await inTurns(subjects, Number(rounds));
const ioctl = subjects.find(({ name }) => name === 'ioctl') as DriverSubject | undefined;
const loop = ioctl && (await unlessFails('the event loop', () => loopFigures(ioctl)));
const behindDocker = subjects.filter((subject): subject is DockerSubject => 'daemon' in subject);
const diff =
  behindDocker.length > 0 &&
  (await unlessFails('changes in a large tree', () =>
    diffFigures(behindDocker, place, Math.ceil(Number(rounds) / 10)),
  ));
for (const subject of subjects) await subject.close();
const containerd =
  (wanted.length === 0 || wanted.includes('containerd')) &&
  (await unlessFails('containerd', () => containerdFigures(place, Math.ceil(Number(rounds) / 5))));
console.log(
  JSON.stringify({
    rows,
    kernel: `${release()} ${version()}`,
    loop,
    diff: diff || undefined,
    containerd: containerd || undefined,
  }),
);

/** What was measured in many minutes is not lost for what fails after it: the report says what was not measured. */
async function unlessFails<T>(what: string, measure: () => Promise<T>): Promise<T | undefined> {
  tell(what);
  try {
    return await measure();
  } catch (error) {
    console.error(`bench: ${what} could not be measured:`, error);
    return undefined;
  }
}

function tell(what: string): void {
  console.error(`bench: ${what} (after ${(performance.now() / 1000).toFixed(0)} s)`);
}

async function inTurns(all: readonly Subject[], count: number): Promise<readonly Row[]> {
  const roundsOf = ({ share }: Subject, turn: number): number => Math.max(1, Math.round((turn * share) / 10));
  for (const subject of all) await subject.block(roundsOf(subject, WARM_UP));
  const blocks = new Map<string, Times[]>(all.map(({ name }) => [name, []]));
  for (let done = 0; done < count; done += TURN)
    for (const subject of all) blocks.get(subject.name)?.push(await subject.block(roundsOf(subject, TURN)));
  const times = new Map([...blocks].map(([name, some]) => [name, joined(some)]));
  const base = sumOf(times.get('floor') ?? {});
  return [...times].map(([name, all]) => ({
    name,
    rounds: Object.values(all)[0]?.length ?? 0,
    steps: figures(all),
    sum: sumOf(all),
    floors: sumOf(all) / base,
  }));
}

/** An idle process runs beside the lifecycles: the difference is what dmthin itself does to its event loop. */
async function loopFigures({ process: child }: DriverSubject): Promise<NonNullable<GuestFigures['loop']>> {
  const other = new LineProcess(process.execPath, [join(import.meta.dirname, 'idle-process.js')]);
  await child.ask('together 100 64');
  await other.ask('begin');
  const alone = await child.ask<Record<string, number>>('together 300 1');
  const idle = await other.ask<Record<string, number>>('end');
  const together = await child.ask<Record<string, number>>('together 256 64');
  await other.close();
  return { alone, together, idle, status: await child.ask('status 200') };
}
