import {
  BASE_VOLUME,
  bytes,
  type Intent,
  MAX_THIN_ID,
  type ThinId,
  thinId,
  transactionId,
  type VolumeId,
  volumeId,
} from '@dmthin/domain';
import type { PoolIdentity, PoolRecord, VolumeRecord } from '@dmthin/ports';
import fc from 'fast-check';

const MAX_UINT64 = (1n << 64n) - 1n;

/** 64 bits, with those that a double cannot hold as often as the small ones. */
const uint64 = fc.oneof(fc.bigInt(0n, 1n << 40n), fc.bigInt(1n << 53n, MAX_UINT64), fc.constant(MAX_UINT64));

export const thinIds: fc.Arbitrary<ThinId> = fc
  .oneof(fc.nat(100), fc.nat(MAX_THIN_ID), fc.constant(MAX_THIN_ID))
  .map(thinId);

/** Docker's ids (64 hex digits, and the same with `-init`), and all that a volume may be called besides. */
export const volumeIds: fc.Arbitrary<VolumeId> = fc.oneof(
  fc.constant(BASE_VOLUME),
  fc.stringMatching(/^[0-9a-f]{64}(-init)?$/u).map(volumeId),
  fc
    .stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.+@=-]{0,79}$/u)
    .filter((id) => !id.endsWith('.migrated'))
    .filter((id) => !['base', 'pool', 'deviceset-metadata', 'transaction-metadata'].includes(id))
    .map(volumeId),
);

export const volumeRecords: fc.Arbitrary<VolumeRecord> = fc.record({
  volume: volumeIds,
  thinId: thinIds,
  size: uint64.map(bytes),
  transactionId: uint64.map(transactionId),
  isInitialized: fc.boolean(),
  isDeleted: fc.boolean(),
});

/** Whole Unicode, since other programs choose what stands there. */
const text = fc.string({ unit: 'grapheme' });

export const poolRecords: fc.Arbitrary<PoolRecord> = fc.record({
  lastThinId: thinIds.map(Number),
  baseUuid: fc.oneof(fc.uuid(), text),
  baseFilesystem: fc.oneof(fc.constantFrom('', 'ext4', 'xfs'), text),
});

export const intents: fc.Arbitrary<Intent> = fc.record({
  transactionId: uint64.map(transactionId),
  volume: volumeIds,
  thinId: thinIds,
});

export const identities: fc.Arbitrary<PoolIdentity> = fc.record({
  poolName: fc.stringMatching(/^[a-z][a-z0-9:-]{0,40}$/u),
  dataDevice: fc.option(text, { nil: undefined }),
  metadataDevice: fc.option(text, { nil: undefined }),
  blockSize: fc.integer({ min: 128, max: 2_097_152 }).map((sectors) => bytes(sectors * 512)),
});
