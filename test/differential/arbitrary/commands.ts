import { COMMAND, FLAG } from '@dmthin/kernel-ioctl';
import fc from 'fast-check';
import type { CommandAction, Oddity, Payload } from '../action.ts';
import { deviceNames, POOLS, selectors, UUIDS, uuids } from './names.ts';
import { tables, thinIds } from './tables.ts';

const NONE: Payload = { kind: 'none' };
const WELL_FORMED: Oddity = {};

/** A buffer that is too small for some replies, and odd fields of the header. */
const oddities: fc.Arbitrary<Oddity> = fc.oneof(
  { weight: 12, arbitrary: fc.constant(WELL_FORMED) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.oneof(fc.integer({ min: 305, max: 420 }), fc.constantFrom(305, 311, 312, 319, 320, 353, 360, 512)),
        fc.nat(255),
      )
      .map(([dataSize, leftovers]) => ({ dataSize, leftovers })),
  },
  { weight: 1, arbitrary: fc.record({ leftovers: fc.nat(255) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      version: fc.constantFrom<readonly [number, number, number]>(
        [4, 47, 9],
        [4, 48, 0],
        [3, 0, 0],
        [5, 0, 0],
        [4, 0, 99],
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ dataStart: fc.constantFrom(0, 304, 305, 311, 313, 320, 400, 16_384, 0xffff_ffff) }),
  },
  { weight: 1, arbitrary: fc.record({ dataSize: fc.constantFrom(0, 304, 305, 306) }) },
  { weight: 1, arbitrary: fc.record({ targetCount: fc.constantFrom(0, 1, 2, 1_048_576, 1_048_577, 0xffff_ffff) }) },
);

/** Flags that mean nothing to most commands come back as they were. */
const strayFlags = fc.oneof(
  { weight: 10, arbitrary: fc.constant(0) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...Object.values(FLAG).filter((flag) => flag !== FLAG.suspend), 0x10_0000, 0x8000_0000),
  },
);

function flags(...wanted: readonly number[]): fc.Arbitrary<number> {
  return fc
    .tuple(fc.subarray([...wanted]), strayFlags)
    .map(([set, stray]) => set.reduce((all, flag) => all | flag, stray) >>> 0);
}

function command(
  nr: number,
  parts: Partial<{ [Key in keyof CommandAction]: fc.Arbitrary<CommandAction[Key]> }> = {},
): fc.Arbitrary<CommandAction> {
  return fc
    .record({
      selector: selectors,
      flags: strayFlags,
      eventNumber: fc.constantFrom(0, 0, 0, 1, 7, 0x1_0001),
      payload: fc.constant(NONE),
      oddity: oddities,
      ...parts,
    })
    .map((rest) => ({ kind: 'command', nr, ...rest }));
}

const text = (texts: fc.Arbitrary<string>): fc.Arbitrary<Payload> =>
  texts.map((words) => ({ kind: 'text', text: words }));

const sectors = fc.oneof(
  { weight: 8, arbitrary: fc.constant(0n) },
  fc.constantFrom(1n, 128n, 1n << 20n, (1n << 64n) - 1n),
);
const transactions = fc.constantFrom('0', '1', '2', '3', '+1', 'x', '18446744073709551615', '18446744073709551616', '');
export const poolMessages: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: thinIds.map((id) => `create_thin ${id}`) },
  { weight: 8, arbitrary: fc.tuple(thinIds, thinIds).map(([id, origin]) => `create_snap ${id} ${origin}`) },
  { weight: 4, arbitrary: thinIds.map((id) => `delete ${id}`) },
  {
    weight: 3,
    arbitrary: fc.tuple(transactions, transactions).map(([from, to]) => `set_transaction_id ${from} ${to}`),
  },
  { weight: 2, arbitrary: fc.constantFrom('reserve_metadata_snap', 'release_metadata_snap') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '  ',
      'CREATE_THIN 2',
      'create_thin',
      'create_thin 1 2',
      'create_snap 1',
      'delete 1 2',
      'release_metadata_snap 1',
      'nope',
      'create\\_thin 3',
      'create_thin\t4',
      '@nope',
      '@cancel_deferred_remove',
      '@CANCEL_DEFERRED_REMOVE',
      '@cancel_deferred_remove x',
      '@',
    ),
  },
);

const poolSelector = fc.constantFrom(...POOLS.map((name) => ({ name })), { name: 'p1' }, { device: 'p1' });
const poolMessage = command(COMMAND.message, {
  selector: poolSelector,
  oddity: fc.constant(WELL_FORMED),
  payload: poolMessages.map((words) => ({ kind: 'message', sector: 0n, text: words })),
});

/** Every command, well formed or not; the weights follow what there is to get wrong. */
export const commands: fc.Arbitrary<CommandAction> = fc.oneof(
  { weight: 30, arbitrary: poolMessage },
  {
    weight: 4,
    arbitrary: command(COMMAND.message, {
      payload: fc.tuple(sectors, poolMessages).map(([sector, words]) => ({ kind: 'message', sector, text: words })),
    }),
  },
  {
    weight: 16,
    arbitrary: command(COMMAND.load, {
      flags: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, flags(FLAG.readOnly)),
      payload: fc.tuple(tables, fc.constantFrom(0, 0, 0, 8, 3)).map(([lines, gap]) => ({ kind: 'table', lines, gap })),
    }),
  },
  { weight: 22, arbitrary: command(COMMAND.suspend, { flags: flags(FLAG.noFlush, FLAG.skipLockfs) }) },
  {
    weight: 10,
    arbitrary: command(COMMAND.suspend, {
      flags: flags(FLAG.noFlush, FLAG.skipLockfs).map((all) => (all | FLAG.suspend) >>> 0),
    }),
  },
  {
    weight: 6,
    arbitrary: command(COMMAND.create, { selector: fc.record({ name: deviceNames, uuid: uuids }), flags: strayFlags }),
  },
  {
    weight: 2,
    arbitrary: command(COMMAND.create, {
      selector: fc.record({
        name: deviceNames,
        uuid: uuids,
        device: fc.constantFrom(0n, 1n, 2n, 0xffn, 0x1000_00ffn, 0xfe05n, 0x10_0000n, 0xfff0_00ffn),
      }),
      flags: fc.constant(FLAG.persistentDevice),
    }),
  },
  { weight: 8, arbitrary: command(COMMAND.remove, { flags: flags(FLAG.deferredRemove) }) },
  { weight: 1, arbitrary: command(COMMAND.removeAll, { flags: flags(FLAG.deferredRemove) }) },
  {
    weight: 5,
    arbitrary: command(COMMAND.rename, {
      selector: fc.oneof({ weight: 6, arbitrary: fc.record({ name: deviceNames }) }, selectors),
      payload: text(fc.oneof(deviceNames, fc.constantFrom(...UUIDS))),
      flags: flags(FLAG.uuid),
    }),
  },
  { weight: 8, arbitrary: command(COMMAND.status, { flags: flags(FLAG.queryInactive) }) },
  {
    weight: 24,
    arbitrary: command(COMMAND.tableStatus, { flags: flags(FLAG.queryInactive, FLAG.noFlush, FLAG.statusTable) }),
  },
  {
    weight: 4,
    arbitrary: command(COMMAND.wait, {
      eventNumber: fc.constantFrom(4711),
      flags: flags(FLAG.statusTable, FLAG.queryInactive, FLAG.noFlush),
    }),
  },
  { weight: 4, arbitrary: command(COMMAND.clear) },
  { weight: 4, arbitrary: command(COMMAND.deps, { flags: flags(FLAG.queryInactive) }) },
  {
    weight: 5,
    arbitrary: command(COMMAND.listDevices, {
      selector: fc.oneof(
        fc.constant({}),
        fc.record({ name: fc.constantFrom('p', 't', 'tt', '') }),
        fc.record({ uuid: fc.constantFrom('u', 'U') }),
      ),
      flags: flags(FLAG.uuid),
    }),
  },
  { weight: 1, arbitrary: command(COMMAND.listVersions) },
  { weight: 1, arbitrary: command(COMMAND.version) },
  { weight: 1, arbitrary: command(COMMAND.armPoll) },
  {
    weight: 1,
    arbitrary: command(COMMAND.targetVersion, {
      selector: fc.record({
        name: fc.constantFrom('linear', 'thin', 'thin-pool', 'nope', 'Zero', 'error', 'striped', ''),
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: command(COMMAND.setGeometry, {
      payload: text(
        fc.constantFrom(
          '1 1 24 0',
          '65535 255 255 0',
          '65536 1 1 0',
          '1 256 1 0',
          '1 1 1 2',
          '1 1 1',
          '1 1 1 1 1',
          'x 1 1 0',
          '',
          '-1 1 1 0',
          '1 1 18446744073709551616 0',
        ),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom(18, 25, 99, 255).chain((nr) => command(nr)) },
);
