import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type GraphDriver, parseSize } from 'dmthin';
import { tarOf } from '../../support/tar.ts';
import type { Layers } from '../layers.ts';

/** Something that a driver does in a round, and what there is of the round's layers once it is done. */
export interface Deed {
  readonly name: string;
  readonly run: (driver: GraphDriver) => Promise<unknown>;
  readonly change: (layers: Layers) => Layers;
}

/** Every operation once, each on what those before it made; layer `a` of the round stays. */
export function deedsOf(round: number, canResize: boolean): readonly Deed[] {
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}-${round}`) as [
    ...[string, string, string, string, string],
  ];
  const size = `${BASE_MIB * 2}M`;
  return [
    create(a),
    write(a, 'first'),
    create(b, a),
    write(b, 'second'),
    create(c, b, { size }),
    {
      name: 'snapshot of a mounted layer',
      run: async (driver) => {
        await driver.mount(a);
        await driver.create(d, { parent: a });
        await driver.unmount(a);
      },
      change: (layers) => ({ ...layers, [d]: layers[a] ?? {} }),
    },
    {
      name: 'import',
      run: (driver) => driver.import(e, stream(tarOf({ path: 'imported', content: TEXT })), { parent: a }),
      change: (layers) => ({ ...layers, [e]: { ...layers[a], imported: TEXT } }),
    },
    ...(canResize ? [resize(round)] : []),
    remove(b),
    {
      name: 'removal of a mounted layer',
      run: async (driver) => {
        await driver.mount(c);
        await driver.remove(c);
        await driver.unmount(c);
      },
      change: (layers) => without(layers, c),
    },
    remove(d),
    remove(e),
  ];
}

export const BASE_MIB = 24;
/** More than a block of the pool. */
const TEXT = 'imported '.repeat(10_000);

function create(id: string, parent?: string, storageOptions?: Readonly<Record<string, string>>): Deed {
  return {
    name: `create ${id}`,
    run: (driver) => driver.create(id, { parent, storageOptions }),
    change: (layers) => ({ ...layers, [id]: parent === undefined ? {} : (layers[parent] ?? {}) }),
  };
}

/** Whole or not at all: the draft is no part of the layer. */
function write(id: string, file: string): Deed {
  return {
    name: `write to ${id}`,
    run: async (driver) => {
      const directory = await driver.mount(id);
      const draft = join(directory, '.draft');
      const handle = await open(draft, 'w');
      await handle.writeFile(id);
      await handle.sync();
      await handle.close();
      await rename(draft, join(directory, file));
      await driver.unmount(id);
    },
    change: (layers) => ({ ...layers, [id]: { ...layers[id], [file]: id } }),
  };
}

function remove(id: string): Deed {
  return { name: `remove ${id}`, run: (driver) => driver.remove(id), change: (layers) => without(layers, id) };
}

function resize(round: number): Deed {
  return {
    name: 'growth of the pool',
    run: (driver) => driver.resizePool({ data: parseSize(`${256 + 8 * (round + 1)}M`) }),
    change: (layers) => layers,
  };
}

function without(layers: Layers, id: string): Layers {
  const { [id]: _, ...others } = layers;
  return others;
}

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
