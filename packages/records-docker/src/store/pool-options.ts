import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { dataRootOf } from './docker-daemon.ts';
import { jsonFile } from './json-file.ts';

export interface PoolOptions {
  /** Over files in the root; made by direct-lvm; as Docker's own settings say; or not to be told from files. */
  readonly kind: 'files' | 'direct-lvm' | 'settings' | 'unknown';
  readonly storageOptions: readonly string[];
}

const DAEMON = v.object({ 'storage-opts': v.nullish(v.array(v.string()), []) });
const SETUP = v.object({ Device: v.nullish(v.string(), '') });
/** The pool that Docker's direct-lvm makes (docker-devicemapper.md 1.3). */
const DIRECT_LVM = 'dm.thinpooldev=docker-thinpool';

/** How to open the pool of a store: Docker's settings, where they are for this store, else what lies in it. */
export async function poolOptionsOf(dockerRoot: string, root: string, daemonFile: string): Promise<PoolOptions> {
  const setup = await jsonFile(join(root, 'setup-config.json'), SETUP);
  if (setup !== undefined && setup.Device !== '') return { kind: 'direct-lvm', storageOptions: [DIRECT_LVM] };
  if ((await dataRootOf(daemonFile)) === dockerRoot) {
    const settings = (await jsonFile(daemonFile, DAEMON))?.['storage-opts'] ?? [];
    const ours = settings.filter((option) => /^\s*dm\./iu.test(option));
    if (ours.length > 0) return { kind: 'settings', storageOptions: ours };
  }
  const files = await Promise.all(['data', 'metadata'].map((name) => isFile(join(root, 'devicemapper', name))));
  return { kind: files.every(Boolean) ? 'files' : 'unknown', storageOptions: [] };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
