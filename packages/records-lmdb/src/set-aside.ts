import type { Log } from '@dmthin/ports';
import type { Database, Entry } from './database.ts';

/** Where entries that cannot be read are kept, by their keys. */
export const BROKEN = 'broken/';

/** Reads an entry; one that cannot be read is set aside with all its bytes, so that it keeps no other from being read. */
export async function readEntry<T>(
  database: Database,
  entry: Entry,
  decode: (json: string) => T,
  log: Log | undefined,
): Promise<{ readonly record: T } | { readonly setAsideAs: string; readonly reason: string }> {
  try {
    return { record: decode(entry.value) };
  } catch (error) {
    const setAsideAs = `${BROKEN}${entry.key}`;
    const reason = error instanceof Error ? error.message : String(error);
    log?.write('error', `the record ${entry.key} cannot be read, and is set aside: ${reason}`, { setAsideAs });
    await database.move(entry, setAsideAs);
    return { setAsideAs, reason };
  }
}
