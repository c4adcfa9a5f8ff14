import { humanSize } from '@dmthin/domain';
import type { Command } from '../command/command.ts';
import { formatTable } from '../output/table.ts';
import { type ListedLayer, listLayers } from './listed-layer.ts';

export const ls: Command = {
  name: 'ls',
  summary: 'list the layers',
  options: [{ name: 'quiet', description: 'ids alone, one a line' }],
  json: 'an array of `{id, parent, deviceId, deviceName, size, mapped, mountPath, isDeleted}`; sizes in bytes',
  async run({ output, flag, withDriver }) {
    const layers = await withDriver(listLayers);
    await output.answer(layers, () => (flag('quiet') ? layers.map(({ id }) => id).join('\n') : asTable(layers)));
  },
};

function asTable(layers: readonly ListedLayer[]): string {
  if (layers.length === 0) return '';
  return formatTable(
    ['LAYER', 'PARENT', 'DEVICE', 'SIZE', 'MAPPED', 'STATE'],
    layers.map((layer) => [
      layer.id,
      layer.parent ?? '-',
      String(layer.deviceId),
      humanSize(layer.size),
      layer.mapped === undefined ? '-' : humanSize(layer.mapped),
      layer.isDeleted ? 'deleted' : layer.mountPath === undefined ? '' : 'mounted',
    ]),
  );
}
