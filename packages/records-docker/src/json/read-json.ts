import * as v from 'valibot';
import { parseLossless } from './lossless.ts';

/** The bytes are not the record they should be; `message` says how. Never leaves this package. */
export class MalformedRecord extends Error {
  override readonly name: string = 'MalformedRecord';
}

/** The value that the bytes of a record hold, checked against `schema`. @throws MalformedRecord. */
export function readJson<Schema extends v.GenericSchema>(bytes: Buffer, schema: Schema): v.InferOutput<Schema> {
  if (bytes.length === 0) throw new MalformedRecord('it is empty');
  // What a file system without ordered data leaves of a file that was not flushed before the power went.
  if (bytes.every((byte) => byte === 0)) throw new MalformedRecord('it holds nothing but zero bytes');
  return checked(parsed(bytes.toString('utf8')), schema);
}

/** @throws MalformedRecord: names the first field that does not fit. */
export function checked<Schema extends v.GenericSchema>(value: unknown, schema: Schema): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  throw new MalformedRecord(field === null ? issue.message : `${field}: ${issue.message}`);
}

function parsed(text: string): unknown {
  try {
    return parseLossless(text);
  } catch (cause) {
    throw new MalformedRecord(`it is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
