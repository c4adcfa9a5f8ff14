import { DmError, filesystemType } from '@dmthin/domain';
import type { SnapshotRecord } from '@dmthin/ports';
import * as v from 'valibot';
import { formatSize, nanoseconds, parseJson, size, text } from './fields.ts';

const SNAPSHOT = v.object({
  kind: v.picklist(['active', 'view', 'committed']),
  name: text,
  parent: v.optional(text),
  labels: v.pipe(
    v.array(v.tuple([v.string(), v.string()])),
    v.transform((pairs) => Object.fromEntries(pairs)),
  ),
  createdAt: nanoseconds,
  updatedAt: nanoseconds,
  filesystem: v.pipe(v.string(), v.transform(filesystemType)),
  mapped: v.optional(size),
});

/** Its id is its key. @throws DmError INVALID_ARGUMENT: no name. */
export function encodeSnapshot(record: SnapshotRecord): string {
  const { id: _, labels, createdAt, updatedAt, mapped, ...rest } = record;
  if (rest.name === '') throw new DmError('INVALID_ARGUMENT', 'a snapshot has no name');
  return JSON.stringify({
    ...rest,
    // Pairs, since a label may be called as what every object has.
    labels: Object.entries(labels),
    createdAt: String(createdAt),
    updatedAt: String(updatedAt),
    mapped: mapped === undefined ? undefined : formatSize(mapped),
  });
}

export function decodeSnapshot(id: number, json: string): SnapshotRecord {
  const { parent, mapped, ...rest } = parseJson(json, SNAPSHOT);
  return { id, ...rest, parent, mapped };
}
