import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type GraphDriver, parseSize } from 'dmthin';
import { tarOf } from '../support/tar.ts';
import type { Layers } from './layers.ts';

/** What a driver is asked to do, and may die at any call of. */
export interface Operation {
  readonly name: string;
  readonly options: readonly string[];
  /** Puts the driver, which has the layers of `prepareLayers`, where the operation begins. */
  readonly prepare?: (driver: GraphDriver) => Promise<unknown>;
  readonly run: (driver: GraphDriver) => Promise<unknown>;
  /** There is nothing left to do, and doing it again would be refused. */
  readonly isDone: (driver: GraphDriver) => boolean;
  readonly before: Layers;
  readonly after: Layers;
  /** What each layer that is there was made from; nothing is said of those that were made from the base. */
  readonly parents: Readonly<Record<string, string>>;
  /** What else is true once it is done. */
  readonly check?: (driver: GraphDriver) => Promise<unknown>;
  /** How many calls it makes at the least, its own to the file system among them: a run over fewer has not looked. */
  readonly calls: number;
}

const IMAGE = { os: 'of the image' };
const WEB = { ...IMAGE, app: 'of web' };

/** What there is before an operation. */
export const LAYERS: Layers = { image: IMAGE, web: WEB };

/** An image, a layer on it, and one that was removed. */
export async function prepareLayers(driver: GraphDriver): Promise<void> {
  await driver.create('image');
  await writeTo(driver, 'image', IMAGE);
  await driver.create('gone', { parent: 'image' });
  await driver.create('web', { parent: 'image' });
  await writeTo(driver, 'web', { app: 'of web' });
  await driver.remove('gone');
}

async function writeTo(driver: GraphDriver, id: string, files: Readonly<Record<string, string>>): Promise<void> {
  const directory = await driver.mount(id);
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  await driver.unmount(id);
}

/** Mounts web, where it is not, and writes into it what nobody has synced. */
async function writeLate(driver: GraphDriver): Promise<void> {
  const directory = driver.layer('web').mountPath ?? (await driver.mount('web'));
  await writeFile(join(directory, 'late'), LATE.late);
}
const LATE = { ...WEB, late: 'written last' };

async function* imported(): AsyncIterable<Uint8Array> {
  yield tarOf({ path: 'imported', content: 'from a tar' });
}

const never = (): boolean => false;
const hasNew = (driver: GraphDriver): boolean => driver.exists('new');
const DEFAULTS = { options: [], isDone: never, before: LAYERS, after: LAYERS, parents: { web: 'image' } };
const WITHOUT_WEB = { image: IMAGE };
const CREATE = { ...DEFAULTS, isDone: hasNew, calls: 6 };
const CREATE_FROM_WEB = { ...CREATE, parents: { web: 'image', new: 'web' } };
const REMOVE = {
  ...DEFAULTS,
  run: (driver: GraphDriver) => driver.remove('web'),
  after: WITHOUT_WEB,
};
const PLAIN = ['dm.use_deferred_removal=false', 'dm.use_deferred_deletion=false'];

export const OPERATIONS: readonly Operation[] = [
  {
    ...CREATE,
    name: 'create from the base',
    run: (driver) => driver.create('new'),
    after: { ...LAYERS, new: {} },
  },
  {
    ...CREATE_FROM_WEB,
    name: 'create from a parent',
    run: (driver) => driver.create('new', { parent: 'web' }),
    after: { ...LAYERS, new: WEB },
    calls: 7,
  },
  {
    ...CREATE_FROM_WEB,
    name: 'create a larger one',
    options: ['dm.fs=ext4', 'dm.basesize=4M'],
    run: (driver) => driver.create('new', { parent: 'web', storageOptions: { size: '8M' } }),
    after: { ...LAYERS, new: WEB },
    // Its filesystem is as large as it is.
    check: (driver) => writeTo(driver, 'new', { large: 'x'.repeat(5 * 2 ** 20) }),
    calls: 20,
  },
  {
    ...CREATE_FROM_WEB,
    name: 'snapshot of a layer that is mounted and written to',
    prepare: writeLate,
    run: async (driver) => {
      await writeLate(driver);
      await driver.create('new', { parent: 'web' });
    },
    after: { image: IMAGE, web: LATE, new: LATE },
    calls: 9,
  },
  {
    ...CREATE_FROM_WEB,
    name: 'import',
    run: (driver) => driver.import('new', imported(), { parent: 'web' }),
    after: { ...LAYERS, new: { ...WEB, imported: 'from a tar' } },
    calls: 26,
  },
  {
    ...DEFAULTS,
    name: 'growth of the pool',
    run: (driver) => driver.resizePool({ data: parseSize('96M'), metadata: parseSize('8M') }),
    check: async (driver) => {
      const { data, metadata } = await driver.status();
      expect([data.total, metadata.total]).to.deep.equal([parseSize('96M'), parseSize('8M')]);
    },
    calls: 12,
  },
  { ...REMOVE, name: 'remove', options: PLAIN, calls: 12 },
  { ...REMOVE, name: 'remove without discards', options: [...PLAIN, 'dm.blkdiscard=false'], calls: 5 },
  { ...REMOVE, name: 'remove where deletion may be deferred', calls: 12 },
  {
    ...REMOVE,
    name: 'remove of a mounted layer, which is deferred',
    prepare: (driver) => driver.mount('web'),
    calls: 9,
  },
  {
    ...DEFAULTS,
    name: 'unmount of a layer whose removal was deferred',
    prepare: async (driver) => {
      await driver.mount('web');
      await driver.remove('web');
    },
    run: (driver) => driver.unmount('web'),
    isDone: (driver) => !driver.exists('web') || driver.layer('web').mountPath === undefined,
    before: WITHOUT_WEB,
    after: WITHOUT_WEB,
    calls: 3,
  },
  { ...DEFAULTS, name: 'mount', run: (driver) => driver.mount('web'), calls: 6 },
  {
    ...DEFAULTS,
    name: 'mount of a new layer',
    prepare: (driver) => driver.create('new'),
    run: (driver) => driver.mount('new'),
    before: { ...LAYERS, new: {} },
    after: { ...LAYERS, new: {} },
    calls: 10,
  },
  {
    ...DEFAULTS,
    name: 'unmount',
    prepare: writeLate,
    run: async (driver) => {
      await writeLate(driver);
      await driver.unmount('web');
    },
    after: { ...LAYERS, web: LATE },
    calls: 2,
  },
];
