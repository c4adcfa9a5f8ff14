import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Steps } from '@dmthin/conformance';
import type { Snapshotter } from '@dmthin/snapshotter';
import { checkMetadata, readPool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { type End, SnapshotMachine } from '../fixture/snapshot-machine.ts';

/** Each snapshot with its kind, parent, and the files of those that can be looked at. */
type Seen = Readonly<
  Record<string, readonly [kind: string, parent: string | undefined, files: Readonly<Record<string, string>>]>
>;

interface Operation {
  readonly name: string;
  readonly run: (snapshotter: Snapshotter, machine: SnapshotMachine) => Promise<unknown>;
  readonly isDone: (snapshotter: Snapshotter) => boolean;
  readonly after: Seen;
  /** How many calls it makes at the least: a run over fewer has not looked. */
  readonly calls: number;
}

const IMAGE = { os: 'of the image' };
const LAYER = ['active', 'image', { ...IMAGE, app: 'of the layer' }] as const;
const BEFORE: Seen = { image: ['committed', undefined, IMAGE], layer: LAYER };

async function write(
  machine: SnapshotMachine,
  snapshotter: Snapshotter,
  key: string,
  files: Record<string, string>,
): Promise<void> {
  const target = await machine.mount(await snapshotter.mounts(key), key);
  for (const [name, text] of Object.entries(files)) await writeFile(join(target, name), text);
  await machine.host.mounts.unmount(target);
}

async function prepareSnapshots(machine: SnapshotMachine, snapshotter: Snapshotter): Promise<void> {
  await snapshotter.prepare('tmp', undefined);
  await write(machine, snapshotter, 'tmp', IMAGE);
  await snapshotter.commit('image', 'tmp');
  await snapshotter.prepare('layer', 'image');
  await write(machine, snapshotter, 'layer', { app: 'of the layer' });
}

async function seenIn(machine: SnapshotMachine, snapshotter: Snapshotter): Promise<Seen> {
  const seen: Record<string, Seen[string]> = {};
  for (const { name, kind, parent } of snapshotter.list()) {
    const mounts = kind === 'committed' ? await snapshotter.view('looking', name) : await snapshotter.mounts(name);
    const target = await machine.mount(mounts, 'looking');
    const files: Record<string, string> = {};
    for (const file of await readdir(target)) files[file] = await readFile(join(target, file), 'utf8');
    await machine.host.mounts.unmount(target);
    if (kind === 'committed') await snapshotter.remove('looking');
    seen[name] = [kind, parent, files];
  }
  await snapshotter.cleanUp();
  return seen;
}

const DONE = (name: string) => (snapshotter: Snapshotter) => snapshotter.list([`name=="${name}"`]).length > 0;
const GONE = (name: string) => (snapshotter: Snapshotter) => !DONE(name)(snapshotter);
const OPERATIONS: readonly Operation[] = [
  {
    name: 'prepare without a parent',
    run: (snapshotter) => snapshotter.prepare('new', undefined),
    isDone: DONE('new'),
    after: { ...BEFORE, new: ['active', undefined, {}] },
    calls: 7,
  },
  {
    name: 'prepare from a parent',
    run: (snapshotter) => snapshotter.prepare('new', 'image'),
    isDone: DONE('new'),
    after: { ...BEFORE, new: ['active', 'image', IMAGE] },
    calls: 7,
  },
  {
    name: 'prepare of a larger one',
    run: (snapshotter) => snapshotter.prepare('new', 'image', { 'containerd.io/snapshot/max-size': '16777216' }),
    isDone: DONE('new'),
    after: { ...BEFORE, new: ['active', 'image', IMAGE] },
    calls: 10,
  },
  {
    name: 'prepare of the first of a size',
    run: (snapshotter) => snapshotter.prepare('new', undefined, { 'containerd.io/snapshot/max-size': '16777216' }),
    isDone: DONE('new'),
    after: { ...BEFORE, new: ['active', undefined, {}] },
    calls: 18,
  },
  {
    name: 'view',
    run: (snapshotter) => snapshotter.view('new', 'image'),
    isDone: DONE('new'),
    after: { ...BEFORE, new: ['view', 'image', IMAGE] },
    calls: 9,
  },
  {
    name: 'commit',
    run: (snapshotter) => snapshotter.commit('new', 'layer'),
    isDone: DONE('new'),
    after: { image: ['committed', undefined, IMAGE], new: ['committed', 'image', LAYER[2]] },
    calls: 4,
  },
  {
    name: 'remove, and its clean-up',
    run: async (snapshotter) => {
      if (DONE('layer')(snapshotter)) await snapshotter.remove('layer');
      await snapshotter.cleanUp();
    },
    isDone: GONE('layer'),
    after: { image: ['committed', undefined, IMAGE] },
    calls: 6,
  },
  {
    name: 'update',
    run: (snapshotter) => snapshotter.update('layer', { l: '1' }),
    isDone: (snapshotter) => snapshotter.stat('layer').labels['l'] === '1',
    after: BEFORE,
    calls: 1,
  },
];

/** The pool's thin devices against the records of volumes, and volumes against snapshots. */
function faults(machine: SnapshotMachine): readonly string[] {
  const { metadata } = machine;
  const device = {
    nrBlocks: metadata.size / 4096,
    read: (block: number) => metadata.read(block * 4096, 4096),
    write: () => undefined,
    flush: () => undefined,
  };
  const there = [...readPool(device).thinDevices()].map(({ id }) => Number(id));
  const recorded = [...machine.records.volumes.values()].map(({ thinId }) => Number(thinId));
  const volumes = [...machine.records.volumes.keys()].filter((id) => !id.startsWith('base-'));
  const expected = [...machine.snapshots.keys()].map((id) => `snap-${id}`);
  return [
    ...checkMetadata(device).map(({ place, finding }) => `${place}: ${finding}`),
    ...there.filter((id) => !recorded.includes(id)).map((id) => `thin device ${id} is nobody's`),
    ...recorded.filter((id) => !there.includes(id)).map((id) => `thin device ${id} is lost`),
    ...volumes.filter((id) => !expected.includes(id)).map((id) => `volume ${id} is nobody's`),
    ...expected.filter((id) => !volumes.includes(id as (typeof volumes)[number])).map((id) => `${id} has no volume`),
  ];
}

/** Ends the process at the call that many after the operation has begun. False: it had been acknowledged before. */
async function crashAt(
  operation: Operation,
  step: number,
  moment: 'end-before' | 'end-after',
  end: End,
): Promise<boolean> {
  const machine = await SnapshotMachine.start();
  try {
    const steps = new Steps();
    const snapshotter = await machine.open({}, steps);
    await prepareSnapshots(machine, snapshotter);
    await new Promise(setImmediate);
    const count = steps.log.length;
    steps.at(step, moment);
    const isCut = await steps.endsIn(operation.run(snapshotter, machine));
    const where = `${moment} of call ${step}, ${steps.log[count + step - 1] ?? 'none'}`;
    await machine.end(end);

    const next = await machine.open();
    expect(
      next.recovery.findings.filter((finding) => finding.includes('lost')),
      where,
    ).to.deep.equal([]);
    const found = await seenIn(machine, next);
    expect(faults(machine), where).to.deep.equal([]);
    if (isCut) expect([BEFORE, operation.after], where).to.deep.include(found);
    else expect(found, 'once it was acknowledged').to.deep.equal(operation.after);
    if (!operation.isDone(next)) await operation.run(next, machine);
    expect(await seenIn(machine, next), `${where}; and again`).to.deep.equal(operation.after);
    expect(faults(machine), `${where}; and again`).to.deep.equal([]);
    await next.close();
    return isCut;
  } finally {
    await machine.discard();
  }
}

for (const end of ['it is killed', 'the power goes'] as const)
  describe(`a snapshotter of which at any call ${end}`, function () {
    this.timeout(120_000);
    for (const operation of OPERATIONS)
      it(`leaves what was acknowledged, and nothing else: ${operation.name}`, async () => {
        for (const moment of ['end-before', 'end-after'] as const) {
          let step = 1;
          while (await crashAt(operation, step, moment, end)) step++;
          expect(step - 1, 'calls').to.be.at.least(operation.calls);
        }
      });
  });
