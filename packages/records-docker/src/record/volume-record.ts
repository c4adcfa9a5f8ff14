import { bytes, DmError, MAX_THIN_ID, thinId, transactionId, type VolumeId } from '@dmthin/domain';
import type { VolumeRecord } from '@dmthin/ports';
import * as v from 'valibot';
import { checked, readJson } from '../json/read-json.ts';
import { optionalBoolean, optionalUint64, thinIdNumber, uint64 } from './fields.ts';

/**
 * Docker's `metadata/<hash>` (docker-devicemapper.md 4.1). Go would take any object, with zeros for what is missing; here
 * `device_id` and `size` must be there, since every version wrote them and an object without them is somebody else's.
 */
const SCHEMA = v.object({
  device_id: thinIdNumber,
  size: uint64,
  transaction_id: optionalUint64,
  initialized: optionalBoolean,
  deleted: optionalBoolean,
});

/** @throws MalformedRecord. */
export function decodeVolumeRecord(volume: VolumeId, content: Buffer): VolumeRecord {
  return asWritten(volume, content) ?? recordOf(volume, readJson(content, SCHEMA));
}

/** A record within the legacy `json`. @throws MalformedRecord. */
export function volumeRecordOf(volume: VolumeId, value: unknown): VolumeRecord {
  return recordOf(volume, checked(value, SCHEMA));
}

/** Compact, in the order of Go's struct. @throws DmError INVALID_ARGUMENT: a number that the record cannot hold. */
export function encodeVolumeRecord(record: VolumeRecord): string {
  if (record.size < 0n || record.size >= 1n << 64n)
    throw new DmError('INVALID_ARGUMENT', `size ${record.size} of volume "${record.volume}" is not 64 bits unsigned`);
  const [id, transaction] = [thinId(record.thinId), transactionId(record.transactionId)];
  return `{"device_id":${id},"size":${record.size},"transaction_id":${transaction},"initialized":${record.isInitialized},"deleted":${record.isDeleted}}`;
}

function recordOf(volume: VolumeId, fields: v.InferOutput<typeof SCHEMA>): VolumeRecord {
  return {
    volume,
    thinId: thinId(fields.device_id),
    size: bytes(fields.size),
    transactionId: transactionId(fields.transaction_id),
    isInitialized: fields.initialized,
    isDeleted: fields.deleted,
  };
}

const WRITTEN =
  /^\{"device_id":(0|[1-9]\d{0,7}),"size":(0|[1-9]\d{0,18}),"transaction_id":(0|[1-9]\d{0,18}),"initialized":(true|false),"deleted":(true|false)\}$/u;

/** One as Docker and dmthin write it, which nearly all are: a fifth of the time that JSON in general takes. */
function asWritten(volume: VolumeId, content: Buffer): VolumeRecord | undefined {
  const [, id = '', size = '', transaction = '', initialized, deleted] = WRITTEN.exec(content.toString('latin1')) ?? [];
  if (id === '' || Number(id) > MAX_THIN_ID) return undefined;
  return {
    volume,
    thinId: thinId(Number(id)),
    size: bytes(BigInt(size)),
    transactionId: transactionId(BigInt(transaction)),
    isInitialized: initialized === 'true',
    isDeleted: deleted === 'true',
  };
}
