import fc from 'fast-check';
import type { Selector } from '../action.ts';

/** The roles that names have: a pool's, a thin device's, and what is neither. Few, so that they meet again. */
export const POOLS = ['p1', 'p2'] as const;
export const THINS = ['t1', 't2', 't3', 't4'] as const;
export const PLAINS = ['a', 'b', 'c', 'd'] as const;
const LONG = `l${'n'.repeat(140)}`;
const ODD: readonly string[] = ['y z\xff', 'a\\b', '#+-.:=@_', LONG.slice(0, 127), LONG, 'a/b', '', 'T1', 'tt'];

export const UUIDS: readonly string[] = ['u1', 'u2', 'U-1', 'a/u', 'u'.repeat(128), 'u'.repeat(140)];

const known = fc.constantFrom(...POOLS, ...POOLS, ...THINS, ...THINS, ...PLAINS);

/** Mostly a name that other actions use too. */
export const deviceNames: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: known },
  { weight: 1, arbitrary: fc.constantFrom(...ODD) },
);

export const uuids: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: fc.constantFrom(...UUIDS) },
);

/** How a command names its device: by one means, seldom by two or none. */
export const selectors: fc.Arbitrary<Selector> = fc.oneof(
  { weight: 16, arbitrary: fc.record({ name: deviceNames }) },
  { weight: 4, arbitrary: fc.record({ device: known }) },
  { weight: 2, arbitrary: fc.record({ uuid: fc.constantFrom(...UUIDS) }) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ name: known, uuid: fc.constantFrom(...UUIDS) }),
      fc.record({ name: known, device: known }),
      fc.record({ uuid: fc.constantFrom(...UUIDS), device: known }),
      fc.record({ device: fc.constantFrom(0x700n, 0x1_0000_fe00n, 0xfe63n, 0xffff_ffffn, 0x10fe00n, 1n << 40n) }),
      fc.constant({}),
    ),
  },
);
