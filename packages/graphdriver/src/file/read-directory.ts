import { readdir } from 'node:fs/promises';
import { hostPath, joinPath, type RawPath } from '../path/raw-path.ts';
import { fileError } from './file-error.ts';
import { type FileStat, statFile } from './file-stat.ts';
import { mapInParallel } from './in-parallel.ts';

export interface DirectoryEntry {
  readonly name: RawPath;
  readonly stat: FileStat;
}

/** libuv has four threads by default; more lstats at once only keep others from getting one. */
const STATS_AT_ONCE = 8;

/** The names in a directory, in byte order. */
export async function readNames(directory: RawPath): Promise<RawPath[]> {
  try {
    return (await readdir(hostPath(directory), 'latin1')).sort(byBytes) as RawPath[];
  } catch (error) {
    throw fileError(error, 'read directory', directory);
  }
}

/** A directory's entries in byte order of their names. What goes while it is read is left out. */
export async function readEntries(directory: RawPath): Promise<DirectoryEntry[]> {
  const entries = await mapInParallel(await readNames(directory), STATS_AT_ONCE, async (name) => ({
    name,
    stat: await statFile(joinPath(directory, name)),
  }));
  return entries.filter((entry): entry is DirectoryEntry => entry.stat !== undefined);
}

const byBytes = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
