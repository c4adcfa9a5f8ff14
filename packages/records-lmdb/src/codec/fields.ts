import {
  type Bytes,
  bytes,
  DmError,
  type ThinId,
  type TransactionId,
  thinId,
  transactionId,
  type VolumeId,
  volumeId,
} from '@dmthin/domain';
import * as v from 'valibot';

/** 64 bits, in decimal: JSON's own numbers have 53. */
const decimal = v.pipe(
  v.string(),
  v.regex(/^(?:0|[1-9]\d{0,19})$/u),
  v.transform((text) => BigInt(text)),
);

/** What is read, whatever it was before it was read. */
type Field<T> = v.GenericSchema<unknown, T>;

export const size: Field<Bytes> = v.pipe(
  decimal,
  v.transform((value) => bytes(value)),
);
export const transaction: Field<TransactionId> = v.pipe(
  decimal,
  v.transform((value) => transactionId(value)),
);
export const nanoseconds: Field<bigint> = v.pipe(
  v.string(),
  v.regex(/^(?:0|-?[1-9]\d{0,19})$/u),
  v.transform((text) => BigInt(text)),
);
export const thin: Field<ThinId> = v.pipe(v.number(), v.transform(thinId));
export const volume: Field<VolumeId> = v.pipe(v.string(), v.transform(volumeId));
export const text: Field<string> = v.pipe(v.string(), v.nonEmpty());

/** @throws DmError INVALID_ARGUMENT: negative, or more than 64 bits. */
export function formatSize(value: bigint): string {
  if (bytes(value) < 1n << 64n) return String(value);
  throw new DmError('INVALID_ARGUMENT', `size ${value} is not 64 bits unsigned`);
}

/** @throws SyntaxError, v.ValiError, DmError: not such a record. */
export function parseJson<Schema extends v.GenericSchema>(json: string, schema: Schema): v.InferOutput<Schema> {
  return v.parse(schema, JSON.parse(json));
}
