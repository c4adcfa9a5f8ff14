import fc from 'fast-check';
import type { LineAction } from '../action.ts';
import { PLAINS, POOLS, THINS } from './names.ts';

const KIB64 = 128n;

/** Devices as tables name them; most exist. */
const devices = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('7:0', '7:2', '7:3', '/dev/loop3', '7:4') },
  { weight: 4, arbitrary: fc.constantFrom(...PLAINS.map((name) => `<${name}>`)) },
  { weight: 2, arbitrary: fc.constantFrom(...THINS.map((name) => `<${name}>`)) },
  { weight: 1, arbitrary: fc.constantFrom(...POOLS.map((name) => `<${name}>`)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '7:9',
      '254:99',
      '/dev/nope',
      '7:x',
      '703',
      '0x703',
      '0703',
      '7:3:0',
      '7:3:x',
      '4096:0',
      '7:1048576',
      '/dev/dm-0',
      '/dev/mapper/a',
      '0',
      '100',
      'PARTUUID=1',
      '/dev/null',
      '/tmp',
    ),
  },
);
const offsets = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('0', '8', '128', '1', '100', '2048') },
  { weight: 1, arbitrary: fc.constantFrom('-1', '+8', '8x', '', '99999999999999999999', '131072', '16384') },
);
const lengths = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(8n, 16n, 128n, 1000n, 1024n, 4096n, 2050n, 1n) },
  { weight: 1, arbitrary: fc.constantFrom(0n, (1n << 54n) - 1n, 1n << 54n, (1n << 64n) - 1n, 16_385n, 131_072n) },
);
const extraWords = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  fc.constantFrom(' 8', ' x y', ' ', '\t', ' \\ '),
);

const zero = extraWords.map((words) => ({ type: 'zero', params: words.trim() }));
const error = extraWords.map((words) => ({ type: 'error', params: words.trim() }));
const linear = fc
  .tuple(devices, offsets, extraWords)
  .map(([device, offset, words]) => ({ type: 'linear', params: `${device} ${offset}${words}` }));
const striped = fc
  .tuple(
    fc.constantFrom('1', '2', '3', '0', '-1', 'x', '2 '),
    fc.constantFrom('8', '16', '128', '0', '3', '4294967304'),
    fc.array(fc.tuple(devices, offsets), { minLength: 1, maxLength: 3 }),
  )
  .map(([count, chunk, stripes]) => ({ type: 'striped', params: [count, chunk, ...stripes.flat()].join(' ') }));
const unknown = fc.constantFrom(
  { type: 'nope', params: '' },
  { type: 'Linear', params: '7:3 0' },
  { type: '', params: '' },
  { type: 'thin-poolthin-pool', params: '7:1 7:0 128 0' },
);

function line(
  target: fc.Arbitrary<{ readonly type: string; readonly params: string }>,
  length = lengths,
): fc.Arbitrary<LineAction> {
  return fc.tuple(target, length).map(([{ type, params }, sectors]) => ({ type, params, length: sectors }));
}

const plainLine = fc.oneof(
  { weight: 4, arbitrary: line(linear) },
  { weight: 2, arbitrary: line(zero) },
  { weight: 1, arbitrary: line(error) },
  { weight: 1, arbitrary: line(striped) },
);
const oddLine = fc.oneof(
  line(unknown),
  fc.tuple(plainLine, fc.constantFrom(0n, 8n, 128n, 1n << 53n)).map(([target, start]) => ({ ...target, start })),
);

export const plainTables: fc.Arbitrary<readonly LineAction[]> = fc.oneof(
  { weight: 8, arbitrary: fc.array(plainLine, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(oddLine, { minLength: 0, maxLength: 2 }) },
);

const metadata = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('7:1', '7:1', '7:2', '/dev/loop2') },
  { weight: 2, arbitrary: fc.constantFrom('7:4', '7:5', '7:6', '7:7', '7:8') },
  { weight: 1, arbitrary: devices },
);
const data = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('7:0', '7:0', '7:3', '/dev/loop0') },
  { weight: 1, arbitrary: devices },
);
const blockSizes = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('128', '128', '256', '384') },
  { weight: 1, arbitrary: fc.constantFrom('64', '100', '0', 'x', '+128', '0128', '2097152', '2097280', '4294967424') },
);
const lowWaterMarks = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('0', '1', '2', '4', '100') },
  { weight: 1, arbitrary: fc.constantFrom('-1', 'x', '18446744073709551615', '18446744073709551616', '+1') },
);
const FEATURES = [
  'skip_block_zeroing',
  'ignore_discard',
  'no_discard_passdown',
  'read_only',
  'error_if_no_space',
] as const;
const features = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      '1 error_if_no_space',
      '1 skip_block_zeroing',
      '1 ignore_discard',
      '1 no_discard_passdown',
      '1 read_only',
      '2 skip_block_zeroing error_if_no_space',
      '2 error_if_no_space no_discard_passdown',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.subarray([...FEATURES], { maxLength: 4 }).map((names) => [names.length, ...names].join(' ')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '0',
      '1',
      '5 a b c d e',
      '1 nope',
      '1 READ_ONLY',
      '0 read_only',
      '-1',
      '4294967297 error_if_no_space',
      '1 error_if_no_space extra words',
    ),
  },
);
const poolLengths = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(4n * KIB64, 6n * KIB64, 8n * KIB64, 16n * KIB64, 16_385n, 131_072n) },
  { weight: 1, arbitrary: fc.constantFrom(1n, 127n, 128n, 4n * KIB64 + 77n, 131_073n) },
);

const poolTarget = fc
  .tuple(metadata, data, blockSizes, lowWaterMarks, features)
  .map((words) => ({ type: 'thin-pool', params: words.join(' ').trimEnd() }));
const fewWords = fc
  .constantFrom('7:1', '7:1 7:0', '7:1 7:0 128', '7:1 7:1 128 0', '')
  .map((params) => ({ type: 'thin-pool', params }));

export const poolTables: fc.Arbitrary<readonly LineAction[]> = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(line(poolTarget, poolLengths)) },
  { weight: 1, arbitrary: fc.tuple(line(fewWords, poolLengths)) },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(plainLine, line(poolTarget, poolLengths)), { minLength: 2, maxLength: 2 }),
  },
);

/** What a pool's own devices are reloaded with: larger, smaller, elsewhere, broken. */
export const understudies: fc.Arbitrary<readonly LineAction[]> = fc
  .tuple(
    fc.constantFrom('linear 7:1 0', 'linear 7:1 0', 'linear 7:0 0', 'linear 7:0 0', 'linear 7:2 0', 'error', 'zero'),
    fc.constantFrom(96n, 128n, 160n, 256n, 512n, 1024n, 2048n, 4096n, 8192n),
  )
  .map(([target, length]) => {
    const [type = '', ...params] = target.split(' ');
    return [{ type, params: params.join(' '), length }];
  });

/** Few, so that a pool has those that messages make. */
export const thinIds: fc.Arbitrary<string> = fc.oneof(
  { weight: 14, arbitrary: fc.constantFrom('0', '1', '2', '3', '4') },
  { weight: 1, arbitrary: fc.constantFrom('16777215', '16777216', '-1', '+1', '01', '0x1', 'x', '99') },
);
const thinPools = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('<p1>', '<p1>', '<p2>') },
  { weight: 1, arbitrary: devices },
);
const origins = fc.oneof(
  { weight: 7, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.oneof(devices, fc.constantFrom('7:3', '7:2')).map((device) => ` ${device}`) },
);
const thinLengths = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(4n * KIB64, 8n * KIB64, 16n * KIB64, 2050n, 1_000_000n) },
  { weight: 1, arbitrary: fc.constantFrom(1n, 100n, 1n << 50n) },
);
const thinTarget = fc
  .tuple(thinPools, thinIds, origins)
  .map(([pool, id, origin]) => ({ type: 'thin', params: `${pool} ${id}${origin}` }));
const fewThinWords = fc
  .constantFrom('', '<p1>', '<p1> 1 <p1>', '<p1> 1 7:3 x')
  .map((params) => ({ type: 'thin', params }));

export const thinTables: fc.Arbitrary<readonly LineAction[]> = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(line(thinTarget, thinLengths)) },
  { weight: 1, arbitrary: fc.tuple(line(fewThinWords, thinLengths)) },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(plainLine, line(thinTarget, thinLengths)), { minLength: 2, maxLength: 3 }),
  },
);

export const tables: fc.Arbitrary<readonly LineAction[]> = fc.oneof(
  { weight: 2, arbitrary: plainTables },
  { weight: 2, arbitrary: poolTables },
  { weight: 3, arbitrary: thinTables },
);
