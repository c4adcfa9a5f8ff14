import { bytes, thinId, volumeId } from '@dmthin/domain';
import type { LoadedRecords, Records } from '@dmthin/ports';
import { expect } from 'chai';
import { skipCase } from '../skip-case.ts';
import { IDENTITY, INTENT, POOL, VOLUME } from './keep-cases.ts';
import type { RecordsFixture, RecordsRoot } from './records-fixture.ts';
import { found, whileOpen, withRoot } from './with-root.ts';

/** No change takes more steps; one that does never ends. */
const STEP_LIMIT = 1000;

interface Change {
  readonly title: string;
  readonly make: (records: Records) => Promise<void>;
}

const NEIGHBOUR = { ...VOLUME, volume: volumeId('neighbour'), thinId: thinId(2) };
const CHANGES: readonly Change[] = [
  { title: 'a new volume', make: (records) => records.saveVolume({ ...VOLUME, volume: volumeId('new') }) },
  { title: 'a changed volume', make: (records) => records.saveVolume({ ...VOLUME, size: bytes(1) }) },
  { title: 'a removed volume', make: (records) => records.removeVolume(VOLUME.volume) },
  { title: 'a changed pool', make: (records) => records.savePool({ ...POOL, lastThinId: 1 }) },
  { title: 'a changed intent', make: (records) => records.saveIntent({ ...INTENT, thinId: thinId(1) }) },
  { title: 'a removed intent', make: (records) => records.removeIntent() },
  { title: 'a changed identity', make: (records) => records.saveIdentity({ ...IDENTITY, dataDevice: '/dev/sdc' }) },
];

/** Old or new, never half; new once the save resolved. */
export function crashCases(fixture: RecordsFixture): void {
  for (const { title, make } of CHANGES)
    it(`leaves the old or the new at each step of ${title}`, async function () {
      const before = await outcomeOf(fixture, async () => {});
      const after = await outcomeOf(fixture, make);
      expect(after).to.not.deep.equal(before);
      let steps = 0;
      for (let isDone = false; !isDone; steps++) {
        if (steps > STEP_LIMIT) expect.fail(`still not done after ${STEP_LIMIT} steps`);
        const state = await withRoot(fixture, (root) => crashedAt(root, steps, make));
        if (state === undefined) return skipCase(this, 'the fixture has no crash');
        isDone = !state.hasCrashed;
        if (state.hasResolved) expect(state.loaded, `resolved, after ${steps} steps`).to.deep.equal(after);
        else expect(state.loaded, `cut off after ${steps} steps`).to.deep.be.oneOf([before, after]);
      }
    }).timeout(60_000);

  it('goes on after any number of crashes in a row', async function () {
    await withRoot(fixture, async (root) => {
      if (root.crash === undefined) return skipCase(this, 'the fixture has no crash');
      for (let steps = 0; steps < 12; steps++) {
        const records = await root.open();
        root.crash.after(steps);
        await records.saveVolume({ ...VOLUME, size: bytes(steps) }).catch(() => {});
        await root.crash.recover();
      }
      await whileOpen(root, (records) => records.saveVolume(VOLUME));
      const { volumes, broken } = await found(root);
      expect(volumes).to.deep.equal([VOLUME]);
      expect(broken).to.deep.equal([]);
    });
  }).timeout(60_000);
}

interface CrashedState {
  readonly hasCrashed: boolean;
  readonly hasResolved: boolean;
  readonly loaded: Kept;
}

/** Without what was in the middle of being written. */
type Kept = Omit<LoadedRecords, 'leftovers'>;

async function kept(root: RecordsRoot): Promise<Kept> {
  const { leftovers: _, ...loaded } = await found(root);
  return loaded;
}

/** What is found after a crash so many steps into the change; undefined where the root cannot crash. */
async function crashedAt(root: RecordsRoot, steps: number, make: Change['make']): Promise<CrashedState | undefined> {
  const { crash } = root;
  if (crash === undefined) return undefined;
  const records = await prepared(root);
  crash.after(steps);
  const hasResolved = await make(records).then(
    () => true,
    () => false,
  );
  const hasCrashed = crash.hasHappened;
  await crash.recover();
  return { hasCrashed, hasResolved, loaded: await kept(root) };
}

async function outcomeOf(fixture: RecordsFixture, make: Change['make']): Promise<Kept> {
  return withRoot(fixture, async (root) => {
    const records = await prepared(root);
    await make(records);
    await records.close();
    return kept(root);
  });
}

async function prepared(root: RecordsRoot): Promise<Records> {
  const records = await root.open();
  for (const record of [VOLUME, NEIGHBOUR]) await records.saveVolume(record);
  await records.savePool(POOL);
  await records.saveIntent(INTENT);
  await records.saveIdentity(IDENTITY);
  return records;
}
