import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphDriver } from 'dmthin';

/** Each layer with its files. */
export type Layers = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Every layer that is not marked as deleted, with its files. */
export async function layersOf(driver: GraphDriver): Promise<Layers> {
  const layers: Record<string, Record<string, string>> = {};
  for (const { id, isDeleted } of driver.layers()) {
    if (isDeleted) continue;
    const directory = await driver.mount(id);
    const files: Record<string, string> = {};
    for (const name of await readdir(directory)) files[name] = await readFile(join(directory, name), 'utf8');
    layers[id] = files;
    await driver.unmount(id);
  }
  return layers;
}

/** Once the deletion worker has deleted what nobody uses. */
export async function settled(driver: GraphDriver): Promise<void> {
  const isDue = (): boolean => driver.layers().some((layer) => layer.isDeleted && layer.mountPath === undefined);
  for (let turn = 0; isDue() && turn < 1000; turn++) await sleep(1);
}
