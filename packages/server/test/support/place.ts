import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory that goes at the end of the scope. */
export interface Place extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryPlace(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'dmthin-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
