import { MAX_THIN_ID } from '@dmthin/domain';
import * as v from 'valibot';

const MAX_UINT64 = (1n << 64n) - 1n;

/** Go's `uint64`. */
export const uint64: v.GenericSchema<unknown, bigint> = v.pipe(
  v.bigint('expected a whole number'),
  v.check((value) => value >= 0n && value <= MAX_UINT64, 'expected a number of 0 to 2^64 - 1'),
);

/** Go's `int`, held to the 24 bits of a thin id ("Ignoring Invalid DeviceId", docker-devicemapper.md 4.1). */
export const thinIdNumber: v.GenericSchema<unknown, number> = v.pipe(
  v.bigint('expected a whole number'),
  v.check((value) => value >= 0n && value <= BigInt(MAX_THIN_ID), `expected a thin id of 0 to ${MAX_THIN_ID}`),
  v.transform(Number),
);

/** Go leaves the zero value where a key is missing or null. */
export const optionalUint64: v.GenericSchema<unknown, bigint> = v.nullish(uint64, 0n);
export const optionalBoolean: v.GenericSchema<unknown, boolean> = v.nullish(v.boolean(), false);
export const optionalText: v.GenericSchema<unknown, string> = v.nullish(v.string(), '');
