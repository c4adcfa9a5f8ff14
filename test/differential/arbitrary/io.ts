import fc from 'fast-check';
import type { IoAction } from '../action.ts';
import { PLAINS, POOLS, THINS } from './names.ts';

const BLOCK = 65_536;

const devices = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...THINS, 't1', 't1').map((name) => `<${name}>`) },
  { weight: 3, arbitrary: fc.constantFrom(...PLAINS).map((name) => `<${name}>`) },
  { weight: 1, arbitrary: fc.constantFrom(...POOLS).map((name) => `<${name}>`) },
  { weight: 2, arbitrary: fc.constantFrom('7:0', '7:3', '7:2', '7:4', '7:9', '8:0') },
);

/** Offsets and lengths in bytes: whole blocks, pages, sectors, and what is none. */
const offsets = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 17 }).map((block) => block * BLOCK) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }).map((page) => page * 4096) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2200 }).map((sector) => sector * 512) },
  { weight: 1, arbitrary: fc.constantFrom(100, 16_384 * 512, 2 ** 30, 499_999 * 512) },
);
const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(BLOCK, BLOCK, 2 * BLOCK, 3 * BLOCK, BLOCK / 2) },
  { weight: 5, arbitrary: fc.constantFrom(4096, 8192, 512, 1536) },
  { weight: 1, arbitrary: fc.constantFrom(0, 100, 5000, 131_079, 16 * BLOCK) },
);

/** So many blocks that the metadata's trees grow deep, and shrink again. */
export const longIos: fc.Arbitrary<IoAction> = fc.record({
  kind: fc.constant('io' as const),
  op: fc.constantFrom('write' as const, 'discard' as const),
  dev: fc.constantFrom(...THINS).map((name) => `<${name}>`),
  offset: fc.integer({ min: 0, max: 300 }).map((block) => block * BLOCK),
  length: fc.integer({ min: 64, max: 400 }).map((blocks) => blocks * BLOCK),
  seed: fc.nat(255),
});

export const ios: fc.Arbitrary<IoAction> = fc.record({
  kind: fc.constant('io' as const),
  op: fc.constantFrom('read' as const, 'write' as const, 'write' as const, 'write' as const, 'discard' as const),
  dev: devices,
  offset: offsets,
  length: lengths,
  seed: fc.nat(255),
});
