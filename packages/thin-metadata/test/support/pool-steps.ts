import { thinId } from '@dmthin/domain';
import fc from 'fast-check';
import type { PoolModel } from './pool-model.ts';

const id = fc.nat(9).map(thinId);
const block = fc.oneof(fc.nat(600), fc.nat(100_000));
/** One change to a pool. */
export type PoolStep = (model: PoolModel) => void;

/** Any change that a pool can see, the common ones more often. */
export const poolStep: fc.Arbitrary<PoolStep> = fc.oneof(
  {
    weight: 3,
    arbitrary: id.map(
      (thin): PoolStep =>
        (model) =>
          model.create(thin),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(id, id).map(
      ([thin, origin]): PoolStep =>
        (model) =>
          model.snapshot(thin, origin),
    ),
  },
  {
    weight: 1,
    arbitrary: id.map(
      (thin): PoolStep =>
        (model) =>
          model.remove(thin),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(id, block, fc.integer({ min: 1, max: 400 }), fc.constantFrom(1, 1, 3, 97)).map(
      ([thin, begin, count, stride]): PoolStep =>
        (model) =>
          model.write(thin, begin, count, stride),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(id, block, fc.integer({ min: 1, max: 500 })).map(
      ([thin, begin, count]): PoolStep =>
        (model) =>
          model.discard(thin, begin, count),
    ),
  },
  { weight: 1, arbitrary: fc.constant<PoolStep>((model) => model.toggleHeld()) },
  { weight: 1, arbitrary: fc.constant<PoolStep>((model) => model.nextTransaction()) },
  { weight: 1, arbitrary: fc.constant<PoolStep>((model) => model.abort()) },
  { weight: 1, arbitrary: fc.constant<PoolStep>((model) => model.crash()) },
  { weight: 5, arbitrary: fc.constant<PoolStep>((model) => model.commit()) },
);
