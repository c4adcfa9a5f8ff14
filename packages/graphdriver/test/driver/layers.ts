import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GraphDriver } from '@dmthin/graphdriver';

/** Runs `work` in the mounted root directory of a layer. */
export async function inside<T>(driver: GraphDriver, id: string, work: (root: string) => Promise<T>): Promise<T> {
  const root = await driver.mount(id);
  try {
    return await work(root);
  } finally {
    await driver.unmount(id);
  }
}

/** Writes files, by their paths in the layer. */
export async function write(driver: GraphDriver, id: string, files: Readonly<Record<string, string>>): Promise<void> {
  await inside(driver, id, async (root) => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), content);
    }
  });
}

export async function read(driver: GraphDriver, id: string, path: string): Promise<string> {
  return inside(driver, id, (root) => readFile(join(root, path), 'utf8'));
}

export async function list(driver: GraphDriver, id: string, path = '.'): Promise<string[]> {
  return inside(driver, id, async (root) => (await readdir(join(root, path))).sort());
}
