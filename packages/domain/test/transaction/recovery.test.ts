import {
  type Intent,
  presenceProbe,
  RECOVERY_DOUBTS,
  type Recovery,
  type RecoveryFacts,
  recoveryOf,
  type ThinId,
  thinId,
  transactionId,
  volumeId,
} from '@dmthin/domain';
import { expect } from 'chai';

const POOL = transactionId(7);
const OPEN = transactionId(8);
const VOLUME = volumeId('web-41');
const MINE = thinId(5);
const OTHER = thinId(6);
const NOBODY: ReadonlySet<ThinId> = new Set();

const intent: Intent = { transactionId: OPEN, volume: VOLUME, thinId: MINE };
const open: RecoveryFacts = {
  poolTransaction: POOL,
  intent,
  record: undefined,
  thinIdsOfOthers: NOBODY,
  isThinPresent: true,
};
const decide = (facts: Partial<RecoveryFacts>): Recovery => recoveryOf({ ...open, ...facts });
const stepsOf = (recovery: Recovery): readonly string[] =>
  'steps' in recovery
    ? recovery.steps.map((step) => ('thinId' in step ? `${step.step} ${step.thinId}` : step.step))
    : [];

/** Every set of facts that can be told apart by what recovery is given. */
function everyCase(): readonly RecoveryFacts[] {
  const cases: RecoveryFacts[] = [];
  for (const ahead of [-2n, -1n, 0n, 1n, 2n, 9n, 'unreadable', undefined] as const)
    for (const recordTransaction of [undefined, 1, 7, 8, 9])
      for (const recordThin of [MINE, OTHER])
        for (const others of [[], [MINE], [OTHER], [MINE, OTHER]])
          for (const isThinPresent of [true, false, 'unknown'] as const)
            cases.push({
              poolTransaction: POOL,
              intent: typeof ahead === 'bigint' ? { ...intent, transactionId: transactionId(POOL + ahead) } : ahead,
              record:
                recordTransaction === undefined
                  ? undefined
                  : { thinId: recordThin, transactionId: transactionId(recordTransaction) },
              thinIdsOfOthers: new Set(others),
              isThinPresent,
            });
  return cases;
}

describe('recovery', () => {
  it('leaves a finished change alone, whatever it was', () => {
    for (const facts of everyCase())
      if (facts.intent === undefined || (facts.intent !== 'unreadable' && facts.intent.transactionId === POOL))
        expect(recoveryOf(facts)).to.deep.equal({ kind: 'nothing' });
  });

  it('takes back a volume that was being made, before and after its record', () => {
    expect(stepsOf(decide({}))).to.deep.equal(['delete-thin 5', 'free-id 5', 'remove-intent']);
    const recorded = decide({ record: { thinId: MINE, transactionId: OPEN } });
    expect(recorded).to.include({ kind: 'roll-back', volume: VOLUME });
    expect(stepsOf(recorded)).to.deep.equal(['delete-thin 5', 'remove-record', 'free-id 5', 'remove-intent']);
  });

  it('finishes a deletion, whose content may be discarded already', () => {
    const deletion = decide({ record: { thinId: MINE, transactionId: transactionId(3) } });
    expect(deletion).to.include({ kind: 'complete', volume: VOLUME });
    expect(stepsOf(deletion)).to.deep.equal(['delete-thin 5', 'remove-record', 'free-id 5', 'remove-intent']);
    const record = { thinId: MINE, transactionId: transactionId(3) };
    expect(stepsOf(decide({ record, isThinPresent: false }))).to.deep.equal([
      'remove-record',
      'free-id 5',
      'remove-intent',
    ]);
  });

  it('asks the pool to delete where it cannot tell whether the thin id is there', () => {
    expect(stepsOf(decide({ isThinPresent: 'unknown' }))).to.deep.equal([
      'delete-thin 5',
      'free-id 5',
      'remove-intent',
    ]);
    expect(stepsOf(decide({ isThinPresent: false }))).to.deep.equal(['free-id 5', 'remove-intent']);
  });

  it('deletes no thin id that another volume has, though the intent names it (defect 3)', () => {
    expect(stepsOf(decide({ thinIdsOfOthers: new Set([MINE]) }))).to.deep.equal(['remove-intent']);
    // EEXIST for 5, then made as 6; that the intent still says 5 is the refresh that Docker does not check.
    const record = { thinId: OTHER, transactionId: OPEN };
    expect(stepsOf(decide({ record, thinIdsOfOthers: new Set([MINE]) }))).to.deep.equal([
      'delete-thin 6',
      'remove-record',
      'free-id 6',
      'remove-intent',
    ]);
    // That 5 is not there says nothing of 6.
    expect(stepsOf(decide({ record, isThinPresent: false }))).to.include('delete-thin 6');
    for (const facts of everyCase()) {
      const recovery = recoveryOf(facts);
      if ('steps' in recovery)
        for (const step of recovery.steps)
          if ('thinId' in step)
            expect(facts.thinIdsOfOthers.has(step.thinId), JSON.stringify(recovery)).to.equal(false);
    }
  });

  it('frees no id that the pool may still have (defect 4)', () => {
    for (const facts of everyCase()) {
      const steps = stepsOf(recoveryOf(facts));
      for (const [index, step] of steps.entries()) {
        if (!step.startsWith('free-id')) continue;
        const isDeleted = steps.slice(0, index).includes(step.replace('free-id', 'delete-thin'));
        const isAbsent = facts.isThinPresent === false && step === `free-id ${MINE}`;
        expect(isDeleted || isAbsent, steps.join()).to.equal(true);
      }
    }
  });

  it('gives up the intent last, so that what could not be done is tried again', () => {
    for (const facts of everyCase()) {
      const steps = stepsOf(recoveryOf(facts));
      expect(steps.indexOf('remove-intent')).to.equal(steps.length - 1);
    }
  });

  it('removes a record only with its thin id', () => {
    for (const facts of everyCase()) {
      const steps = stepsOf(recoveryOf(facts));
      if (!steps.includes('remove-record')) continue;
      expect(facts.record).not.to.equal(undefined);
      expect(steps).to.include(`free-id ${facts.record?.thinId}`);
    }
  });

  it('touches nothing where what it finds is not one interrupted change, and says why (defect 6)', () => {
    const reasonOf = (facts: Partial<RecoveryFacts>): string => {
      const recovery = decide(facts);
      return recovery.kind === 'report' ? recovery.reason : recovery.kind;
    };
    const at = (id: number): Intent => ({ ...intent, transactionId: transactionId(id) });
    expect(reasonOf({ intent: 'unreadable' })).to.equal('intent-unreadable');
    expect(reasonOf({ intent: at(6) })).to.equal('intent-behind-pool');
    expect(reasonOf({ intent: at(9) })).to.equal('intent-ahead-of-pool');
    expect(reasonOf({ record: { thinId: MINE, transactionId: transactionId(9) } })).to.equal('record-ahead-of-intent');
    expect(reasonOf({ record: { thinId: OTHER, transactionId: transactionId(3) } })).to.equal('record-disagrees');
    expect(reasonOf({ record: { thinId: MINE, transactionId: OPEN }, thinIdsOfOthers: new Set([MINE]) })).to.equal(
      'thin-id-shared',
    );
  });

  it('has words for every doubt', () => {
    for (const text of Object.values(RECOVERY_DOUBTS)) expect(text.message && text.remedy).to.match(/\w/u);
  });

  it('asks the pool for a thin id by a snapshot of itself', () => {
    expect(presenceProbe(MINE)).to.equal('create_snap 5 5');
  });
});
