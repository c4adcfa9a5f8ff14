import { COMMAND, FLAG } from '@dmthin/kernel-ioctl';
import fc from 'fast-check';
import type { Action, BringAction, CommandAction, LineAction } from '../action.ts';
import { commands } from './commands.ts';
import { ios, longIos } from './io.ts';
import { PLAINS, POOLS, THINS, uuids } from './names.ts';
import { countings } from './stats.ts';
import { plainTables, poolTables, thinTables, understudies } from './tables.ts';

function bring(names: readonly string[], lines: fc.Arbitrary<readonly LineAction[]>): fc.Arbitrary<BringAction> {
  return fc.record({
    kind: fc.constant('bring' as const),
    name: fc.constantFrom(...names),
    uuid: uuids,
    flags: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, fc.constant(FLAG.readOnly)),
    lines,
  });
}

/** A sleep is 150 ms past whole seconds, so that no pool's second ends with it. */
const sleeps: fc.Arbitrary<Action> = fc
  .constantFrom(1150, 1150, 2150, 150, 61_150)
  .map((ms) => ({ kind: 'sleep', ms }));

const one = (arbitrary: fc.Arbitrary<Action>): fc.Arbitrary<readonly Action[]> => arbitrary.map((action) => [action]);

const actions: fc.Arbitrary<readonly Action[]> = fc.oneof(
  { weight: 50, arbitrary: one(commands) },
  { weight: 30, arbitrary: one(ios) },
  { weight: 2, arbitrary: one(bring(POOLS, poolTables)) },
  { weight: 4, arbitrary: one(bring(THINS, thinTables)) },
  { weight: 2, arbitrary: one(bring(PLAINS, plainTables)) },
  { weight: 1, arbitrary: one(bring(['a', 'b'], understudies)) },
  { weight: 1, arbitrary: one(longIos) },
  { weight: 1, arbitrary: one(sleeps) },
  { weight: 2, arbitrary: countings },
);

/** A pool at work, with thin devices and snapshots in it, so that most sequences get far. */
const poolAtWork: fc.Arbitrary<readonly Action[]> = fc
  .tuple(
    fc.constantFrom('7:1', '7:2', '7:4', '7:5'),
    fc.constantFrom(128n, 256n),
    fc.constantFrom(4n, 6n, 12n, 64n),
    fc.constantFrom(
      '',
      ' 1 error_if_no_space',
      ' 1 skip_block_zeroing',
      ' 2 error_if_no_space no_discard_passdown',
      ' 1 ignore_discard',
    ),
    fc.constantFrom('0', '2'),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([metadata, size, blocks, features, mark, thins]) => [
    brought('p1', { type: 'thin-pool', params: `${metadata} 7:0 ${size} ${mark}${features}`, length: size * blocks }),
    ...THINS.slice(0, thins).flatMap((name, index) => [
      message('p1', index === 2 ? 'create_snap 3 1' : `create_thin ${index + 1}`),
      brought(name, { type: 'thin', params: `<p1> ${index + 1}`, length: size * 16n }),
    ]),
  ]);

/** A pool whose devices are mapped devices themselves, so that they can grow, shrink and break. */
const poolOnDevices: fc.Arbitrary<readonly Action[]> = fc
  .tuple(
    fc.constantFrom(96n, 128n, 256n, 4096n),
    fc.constantFrom(512n, 1024n, 2048n),
    fc.constantFrom('', ' 1 error_if_no_space'),
  )
  .map(([metadata, data, features]) => [
    brought('a', { type: 'linear', params: '7:1 0', length: metadata }),
    brought('b', { type: 'linear', params: '7:0 0', length: data }),
    brought('p1', { type: 'thin-pool', params: `<a> <b> 128 1${features}`, length: data }),
    message('p1', 'create_thin 1'),
    brought('t1', { type: 'thin', params: '<p1> 1', length: 2048n }),
  ]);

/** A pool and thin devices so large that their mappings fill many metadata blocks. */
const largePool: fc.Arbitrary<readonly Action[]> = fc
  .constantFrom('7:1', '7:2')
  .map((metadata) => [
    brought('p1', { type: 'thin-pool', params: `${metadata} 7:0 128 0`, length: 131_072n }),
    ...['t1', 't2'].flatMap((name, index) => [
      message('p1', `create_thin ${index + 1}`),
      brought(name, { type: 'thin', params: `<p1> ${index + 1}`, length: 131_072n }),
    ]),
    ...[4, 5].map(
      (seed): Action => ({ kind: 'io', op: 'write', dev: `<t${seed - 3}>`, offset: 0, length: seed * 6_000_000, seed }),
    ),
  ]);

function brought(name: string, line: LineAction): BringAction {
  return { kind: 'bring', name, uuid: '', flags: 0, lines: [line] };
}

function message(name: string, words: string): CommandAction {
  return {
    kind: 'command',
    nr: COMMAND.message,
    selector: { name },
    flags: 0,
    eventNumber: 0,
    payload: { kind: 'message', sector: 0n, text: words },
    oddity: {},
  };
}

/** A sequence that begins on a machine without mapped devices. */
export function sequences(length: number): fc.Arbitrary<readonly Action[]> {
  const beginning = fc.oneof(
    { weight: 8, arbitrary: poolAtWork },
    { weight: 4, arbitrary: poolOnDevices },
    { weight: 1, arbitrary: largePool },
    { weight: 2, arbitrary: fc.constant([]) },
  );
  return fc
    .tuple(beginning, fc.array(actions, { minLength: 1, maxLength: length, size: 'max' }))
    .map(([first, rest]) => [...first, ...rest.flat()]);
}
