import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type GraphDriver, openGraphDriver } from 'dmthin';
import { SMALL } from './dmthin.ts';

/** A directory that goes with the test. */
export interface Place extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryPlace(): Promise<Place> {
  const path = await mkdtemp(join(tmpdir(), 'dmthin-e2e-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function openFake(root: string, storageOptions: readonly string[] = []): Promise<GraphDriver> {
  return openGraphDriver({ root, kernel: 'fake', storageOptions: [...SMALL, ...storageOptions] });
}

const NOBODY = 65_534;

/** Somebody without rights, with a root below `directory` that is his: this process's user, or nobody where that is root. */
export async function ordinaryUser(directory: string): Promise<{ readonly root: string; readonly uid?: number }> {
  const root = join(directory, 'root');
  await mkdir(root);
  if (process.getuid?.() !== 0) return { root };
  await chmod(directory, 0o755);
  await chown(root, NOBODY, NOBODY);
  return { root, uid: NOBODY };
}

/** What must not have changed where something was refused: records to the byte, marks, layers, thin ids, the pool. */
export async function stateOf(driver: GraphDriver): Promise<object> {
  const { pool, data, deferredDeletedCount } = await driver.status();
  return { records: await recordsOf(driver.root), layers: driver.layers(), pool, data, deferredDeletedCount };
}

/** The records of a root, ours and Docker's, to the byte. */
export async function recordsOf(root: string): Promise<Readonly<Record<string, string>>> {
  const own = ['parents', 'growing', 'pool.json', 'broken'].map((name) => join(root, 'dmthin', name));
  const files = await Promise.all([join(root, 'metadata'), ...own].map(filesBelow));
  const contents = await Promise.all(
    files.flat().map(async (file) => [relative(root, file), await readFile(file, 'latin1')] as const),
  );
  return Object.fromEntries(contents.sort(([one], [other]) => (one < other ? -1 : 1)));
}

async function filesBelow(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') return [path];
    throw error;
  }
}
