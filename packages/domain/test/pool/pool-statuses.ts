import { dataBlocks, metadataBlocks, type PoolStatus, transactionId } from '@dmthin/domain';
import fc from 'fast-check';

export type Counters = Extract<PoolStatus, { kind: 'ok' }>;

const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const counts = fc.oneof(fc.bigInt({ min: 0n, max: 10_000n }), u64);

/** A pool that answers: every mode, feature and count. */
export const counters: fc.Arbitrary<Counters> = fc.record({
  kind: fc.constant('ok' as const),
  transactionId: u64.map(transactionId),
  metadata: fc.record({ used: counts.map(metadataBlocks), total: counts.map(metadataBlocks) }),
  data: fc.record({ used: counts.map(dataBlocks), total: counts.map(dataBlocks) }),
  heldRoot: fc.option(counts.map(metadataBlocks), { nil: undefined }),
  mode: fc.constantFrom('rw' as const, 'ro' as const, 'out_of_data_space' as const),
  discard: fc.constantFrom('ignore_discard' as const, 'discard_passdown' as const, 'no_discard_passdown' as const),
  onNoSpace: fc.constantFrom('error_if_no_space' as const, 'queue_if_no_space' as const),
  needsCheck: fc.boolean(),
  metadataLowWater: fc.option(counts.map(metadataBlocks), { nil: undefined }),
});

export const poolStatuses: fc.Arbitrary<PoolStatus> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<PoolStatus>({ kind: 'fail' }, { kind: 'error' }) },
  { weight: 9, arbitrary: counters },
);
