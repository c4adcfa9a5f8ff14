import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '#src/file/remove-tree';
import { type RawPath, rawPathOfText } from '#src/path/raw-path';

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  readonly raw: RawPath;
}

/** A directory that goes at the end of the scope. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'dmthin-'));
  return { path, raw: rawPathOfText(path), [Symbol.asyncDispose]: () => removeTree(rawPathOfText(path)) };
}
