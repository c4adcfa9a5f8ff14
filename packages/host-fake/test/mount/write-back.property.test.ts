import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFakeHost, type FakeHost } from '@dmthin/host-fake';
import { createFakeKernel, MemoryStore, VolatileStore } from '@dmthin/kernel-fake';
import { expect } from 'chai';
import fc from 'fast-check';
import { MIB, newScratch, removeScratch } from '../fixture.ts';
import { describeTree, edit, edits } from '../tree.ts';

const { DMTHIN_PROPERTY_RUNS: PROPERTY_RUNS } = process.env;

/** Edits, and what happens after them. */
const rounds = fc.array(
  fc.record({
    edits: fc.array(edits, { maxLength: 12 }),
    end: fc.constantFrom<('sync' | 'unmount' | 'crash' | 'cut')[]>('sync', 'sync', 'unmount', 'crash', 'cut'),
    cut: fc.nat(12),
    survivors: fc.nat(),
  }),
  { minLength: 1, maxLength: 6 },
);

/** A directory that cannot be read with the mode it has. */
const CLOSED = { action: 'mkdir', path: ['c'], other: ['a'], size: 0, fill: 0, mode: 0o644 } as const;
const STEP = { edits: [], cut: 0, survivors: 0 };
const EXAMPLE = [
  { ...STEP, edits: [CLOSED, { ...CLOSED, action: 'chmod' as const }], end: 'sync' as const },
  { ...STEP, end: 'crash' as const },
];

describe('write-back', () => {
  it('leaves what was synced, through any edits, unmounts, crashes and power cuts', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(rounds, fc.constantFrom('ext4' as const, 'xfs' as const), async (steps, type) => {
        const scratch = newScratch();
        try {
          await playRounds(scratch, steps, type);
        } finally {
          removeScratch(scratch);
        }
      }),
      { numRuns: Number(PROPERTY_RUNS ?? 25), examples: [[EXAMPLE, 'ext4']] },
    );
  });
});

async function playRounds(
  scratch: string,
  steps: typeof rounds extends fc.Arbitrary<infer T> ? T : never,
  type: 'ext4' | 'xfs',
): Promise<void> {
  const store = new VolatileStore(new MemoryStore(16 * MIB));
  const target = join(scratch, 'target');
  const file = join(scratch, 'disk');
  mkdirSync(target);
  writeFileSync(file, '');
  let kernel = createFakeKernel();
  const boot = async (): Promise<FakeHost> => {
    kernel = createFakeKernel();
    const host = createFakeHost({
      layer: kernel,
      openStore: () => store,
      stateDirectory: join(scratch, 'state'),
    });
    await host.reset();
    return host;
  };
  const mount = async (host: FakeHost): Promise<void> => {
    const { path } = await host.loopDevices.attach(file);
    await host.mounts.mount({ source: path, target, type, options: ['discard'] });
  };
  let host = await boot();
  const { path } = await host.loopDevices.attach(file);
  await host.filesystems.make(path, { type, arguments: type === 'xfs' ? ['-K'] : ['-E', 'nodiscard'] });
  await mount(host);
  let synced = describeTree(target);
  for (const step of steps) {
    for (const each of step.edits) edit(target, each);
    let state = step.survivors;
    const random = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    };
    if (step.end === 'sync') {
      await host.mounts.sync(target);
      synced = describeTree(target);
      continue;
    }
    const before = settle(describeTree(target));
    if (step.end === 'unmount') {
      await host.mounts.unmount(target);
      await mount(host);
      expect(settle(describeTree(target))).to.deep.equal(before);
      synced = describeTree(target);
      continue;
    }
    if (step.end === 'cut') {
      kernel.faults.crash({ kind: ['write', 'discard', 'flush'] }, { nth: step.cut + 1 });
      await host.mounts.sync(target).catch(() => undefined);
    }
    const now = describeTree(target);
    host = await boot();
    store.cutPower(random);
    await mount(host);
    const found = describeTree(target);
    // A cut may come before or after the superblock reached the disk.
    if (step.end === 'cut') expect([settle(synced), settle(now)]).to.deep.include(settle(found));
    else expect(found).to.deep.equal(synced);
    synced = found;
  }
  await host.mounts.unmount(target);
}

/** Times cut to microseconds, which is what can be kept of a time that was not synced yet. */
function settle(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/(\d+)\d{3}ns/u, '$1us'));
}
