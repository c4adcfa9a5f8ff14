import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAMS = ['sh', 'cat', 'rm', 'ln', 'mkdir', 'chmod', 'sleep', 'dd'].map((name) => `/bin/${name}`);

/** Packs a root file system that has a shell, out of this machine's own, into a tar; gives its path. */
export async function packRootFileSystem(place: string): Promise<string> {
  const root = join(place, 'rootfs');
  await mkdir(join(root, 'etc'), { recursive: true });
  const libraries = new Set<string>();
  for (const program of PROGRAMS)
    for (const [path] of (await run('ldd', [program])).stdout.matchAll(/\/\S+/gu)) libraries.add(path);
  await run('cp', ['--dereference', '--parents', ...PROGRAMS, ...libraries, root]);
  await writeFile(join(root, 'etc/old'), 'old');
  await writeFile(join(root, 'etc/kept'), 'kept');
  const tar = join(place, 'rootfs.tar');
  await run('tar', ['-C', root, '--numeric-owner', '-cf', tar, '.']);
  return tar;
}
