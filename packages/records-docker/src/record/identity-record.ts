import { bytes, DmError } from '@dmthin/domain';
import type { PoolIdentity } from '@dmthin/ports';
import * as v from 'valibot';
import { goString } from '../json/go-string.ts';
import { readJson } from '../json/read-json.ts';
import { uint64 } from './fields.ts';

/** Our own file, which Docker never looks at (defect 34). A device that is not given is left out. */
const SCHEMA = v.object({
  pool_name: v.pipe(v.string(), v.nonEmpty('expected a name')),
  data_device: v.optional(v.string()),
  metadata_device: v.optional(v.string()),
  block_size: uint64,
});

/** @throws MalformedRecord. */
export function decodeIdentity(content: Buffer): PoolIdentity {
  const fields = readJson(content, SCHEMA);
  return {
    poolName: fields.pool_name,
    dataDevice: fields.data_device,
    metadataDevice: fields.metadata_device,
    blockSize: bytes(fields.block_size),
  };
}

/** @throws DmError INVALID_ARGUMENT: no name. */
export function encodeIdentity({ poolName, dataDevice, metadataDevice, blockSize }: PoolIdentity): string {
  if (poolName === '') throw new DmError('INVALID_ARGUMENT', 'the pool in a pool identity has no name');
  const fields = [
    `"pool_name":${goString(poolName)}`,
    ...(dataDevice === undefined ? [] : [`"data_device":${goString(dataDevice)}`]),
    ...(metadataDevice === undefined ? [] : [`"metadata_device":${goString(metadataDevice)}`]),
    `"block_size":${bytes(blockSize)}`,
  ];
  return `{${fields.join(',')}}`;
}
