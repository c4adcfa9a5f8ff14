import { thinId } from '@dmthin/domain';
import type { PoolRecord } from '@dmthin/ports';
import * as v from 'valibot';
import { goString } from '../json/go-string.ts';
import { readJson } from '../json/read-json.ts';
import { optionalText, thinIdNumber } from './fields.ts';

/** Docker's `metadata/deviceset-metadata`. The oldest ones have no base keys. */
const SCHEMA = v.object({
  next_device_id: thinIdNumber,
  BaseDeviceUUID: optionalText,
  BaseDeviceFilesystem: optionalText,
});

/** @throws MalformedRecord. */
export function decodePoolRecord(content: Buffer): PoolRecord {
  const fields = readJson(content, SCHEMA);
  return {
    // Docker's name is wrong: the search begins at the one after it (docker-devicemapper.md 7.1).
    lastThinId: fields.next_device_id,
    baseUuid: fields.BaseDeviceUUID,
    baseFilesystem: fields.BaseDeviceFilesystem,
  };
}

/** @throws DmError INVALID_ARGUMENT: `lastThinId` is no thin id. */
export function encodePoolRecord({ lastThinId, baseUuid, baseFilesystem }: PoolRecord): string {
  return `{"next_device_id":${thinId(lastThinId)},"BaseDeviceUUID":${goString(baseUuid)},"BaseDeviceFilesystem":${goString(baseFilesystem)}}`;
}
