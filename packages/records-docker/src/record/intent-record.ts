import { BASE_VOLUME, DmError, thinId, transactionId, type VolumeId, volumeId } from '@dmthin/domain';
import type { Intent } from '@dmthin/ports';
import * as v from 'valibot';
import { goString } from '../json/go-string.ts';
import { MalformedRecord, readJson } from '../json/read-json.ts';
import { thinIdNumber, uint64 } from './fields.ts';

/** Docker's `metadata/transaction-metadata`. All three were always written, so all three must be there (defect 6). */
const SCHEMA = v.object({ open_transaction_id: uint64, device_hash: v.string(), device_id: thinIdNumber });

/** @throws MalformedRecord. */
export function decodeIntent(content: Buffer): Intent {
  const fields = readJson(content, SCHEMA);
  return {
    transactionId: transactionId(fields.open_transaction_id),
    volume: volumeOf(fields.device_hash),
    thinId: thinId(fields.device_id),
  };
}

/** @throws DmError INVALID_ARGUMENT: a number or id that the record cannot hold. */
export function encodeIntent(intent: Intent): string {
  const hash = intent.volume === BASE_VOLUME ? '' : volumeId(intent.volume);
  return `{"open_transaction_id":${transactionId(intent.transactionId)},"device_hash":${goString(hash)},"device_id":${thinId(intent.thinId)}}`;
}

function volumeOf(hash: string): VolumeId {
  try {
    return hash === '' ? BASE_VOLUME : volumeId(hash);
  } catch (cause) {
    if (DmError.is(cause)) throw new MalformedRecord(`device_hash: ${cause.message}`, { cause });
    throw cause;
  }
}
