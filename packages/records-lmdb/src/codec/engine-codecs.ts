import { BASE_VOLUME, DmError, type Intent, thinId, transactionId, type VolumeId, volumeId } from '@dmthin/domain';
import type { PoolIdentity, PoolRecord, VolumeRecord } from '@dmthin/ports';
import * as v from 'valibot';
import { formatSize, parseJson, size, text, thin, transaction, volume } from './fields.ts';

const VOLUME = v.object({
  thinId: thin,
  size,
  transactionId: transaction,
  isInitialized: v.boolean(),
  isDeleted: v.boolean(),
});
const INTENT = v.object({
  transactionId: transaction,
  volume: v.union([
    v.pipe(
      v.literal(''),
      v.transform(() => BASE_VOLUME),
    ),
    volume,
  ]),
  thinId: thin,
});
const POOL = v.object({ lastThinId: thin, baseUuid: v.string(), baseFilesystem: v.string() });
const IDENTITY = v.object({
  poolName: text,
  dataDevice: v.optional(v.string()),
  metadataDevice: v.optional(v.string()),
  blockSize: size,
});

/** @throws DmError INVALID_ARGUMENT: no id of a volume. */
export function checkedVolume(id: VolumeId): VolumeId {
  return id === BASE_VOLUME ? id : volumeId(id);
}

/** Its id is its key. */
export function encodeVolume(record: VolumeRecord): string {
  const { thinId: id, size: bytes, transactionId: made, isInitialized, isDeleted } = record;
  return JSON.stringify({
    thinId: thinId(id),
    size: formatSize(bytes),
    transactionId: String(transactionId(made)),
    isInitialized,
    isDeleted,
  });
}
export function decodeVolume(id: string, json: string): VolumeRecord {
  return { volume: checkedVolume(id as VolumeId), ...parseJson(json, VOLUME) };
}

export function encodeIntent(intent: Intent): string {
  return JSON.stringify({
    transactionId: String(transactionId(intent.transactionId)),
    volume: checkedVolume(intent.volume),
    thinId: thinId(intent.thinId),
  });
}
export const decodeIntent = (json: string): Intent => parseJson(json, INTENT);

export function encodePool({ lastThinId, baseUuid, baseFilesystem }: PoolRecord): string {
  return JSON.stringify({ lastThinId: thinId(lastThinId), baseUuid, baseFilesystem });
}
export const decodePool = (json: string): PoolRecord => parseJson(json, POOL);

export function encodeIdentity({ poolName, dataDevice, metadataDevice, blockSize }: PoolIdentity): string {
  if (poolName === '') throw new DmError('INVALID_ARGUMENT', 'the pool in a pool identity has no name');
  return JSON.stringify({ poolName, dataDevice, metadataDevice, blockSize: formatSize(blockSize) });
}
export function decodeIdentity(json: string): PoolIdentity {
  const { poolName, dataDevice, metadataDevice, blockSize } = parseJson(json, IDENTITY);
  return { poolName, dataDevice, metadataDevice, blockSize };
}
