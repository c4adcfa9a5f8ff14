import { humanSize, poolTroubles, type VolumeId } from '@dmthin/domain';
import type { VolumeSharing } from '@dmthin/graphdriver';
import type { Command } from '../command/command.ts';
import { formatRows, formatTable } from '../output/table.ts';
import { USAGE_OPTION } from './listed-layer.ts';

export const status: Command = {
  name: 'status',
  summary: 'show the pool, its space and the driver, as docker info does',
  options: [USAGE_OPTION],
  json:
    'an object: `rows` (the ordered [label, value] pairs of `docker info`) beside the typed fields; `usage`, an array of ' +
    '`{id, mapped, exclusive, shared}`, where --usage is given; sizes in bytes',
  async run({ output, flag, signal, withDriver }) {
    const [state, usage] = await withDriver(
      async (driver) => [await driver.status(), flag('usage') ? usageOf(await driver.sharing(signal)) : []] as const,
    );
    const told = new Set([...poolTroubles(state.poolName, state.pool), ...state.recovery.findings]);
    const warnings = [...told].map((text) => `WARNING: ${text}`);
    await output.answer(flag('usage') ? { ...state, usage } : state, () =>
      [formatRows(state.rows), ...(usage.length > 0 ? [asTable(usage)] : []), ...warnings].join('\n'),
    );
  },
};

type LayerUsage = VolumeSharing & { readonly id: VolumeId };

function usageOf(sharing: ReadonlyMap<VolumeId, VolumeSharing>): readonly LayerUsage[] {
  const layers = [...sharing].map(([id, sizes]) => ({ id, ...sizes }));
  return layers.sort((one, other) => (one.id < other.id ? -1 : 1));
}

function asTable(usage: readonly LayerUsage[]): string {
  return formatTable(
    ['LAYER', 'MAPPED', 'EXCLUSIVE', 'SHARED'],
    usage.map(({ id, mapped, exclusive, shared }) => [id, humanSize(mapped), humanSize(exclusive), humanSize(shared)]),
  );
}
