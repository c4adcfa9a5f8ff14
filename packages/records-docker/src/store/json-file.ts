import { readFile } from 'node:fs/promises';
import type * as v from 'valibot';
import { MalformedRecord, readJson } from '../json/read-json.ts';

/** A JSON file of Docker's; undefined where it is not there, or not as it should be. */
export async function jsonFile<Schema extends v.GenericSchema>(
  file: string,
  schema: Schema,
): Promise<v.InferOutput<Schema> | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return undefined;
  try {
    return readJson(bytes, schema);
  } catch (error) {
    if (error instanceof MalformedRecord) return undefined;
    throw error;
  }
}
