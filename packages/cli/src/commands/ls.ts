import { type Bytes, humanSize } from '@dmthin/domain';
import type { Command } from '../command/command.ts';
import { formatTable } from '../output/table.ts';
import { type ListedLayer, listLayers, USAGE_OPTION } from './listed-layer.ts';

export const ls: Command = {
  name: 'ls',
  summary: 'list the layers',
  options: [{ name: 'quiet', description: 'ids alone, one a line' }, USAGE_OPTION],
  json:
    'an array of `{id, parent, deviceId, deviceName, size, mapped, mountPath, isDeleted}`, with `exclusive` and `shared` ' +
    'where --usage is given; sizes in bytes',
  examples: ['dmthin ls --usage'],
  async run({ output, flag, signal, withDriver }) {
    const layers = await withDriver((driver) => listLayers(driver, { isUsageWanted: flag('usage'), signal }));
    await output.answer(layers, () =>
      flag('quiet') ? layers.map(({ id }) => id).join('\n') : asTable(layers, flag('usage')),
    );
  },
};

function asTable(layers: readonly ListedLayer[], isUsageWanted: boolean): string {
  if (layers.length === 0) return '';
  return formatTable(
    ['LAYER', 'PARENT', 'DEVICE', 'SIZE', 'MAPPED', ...(isUsageWanted ? ['EXCLUSIVE', 'SHARED'] : []), 'STATE'],
    layers.map((layer) => [
      layer.id,
      layer.parent ?? '-',
      String(layer.deviceId),
      humanSize(layer.size),
      shownSize(layer.mapped),
      ...(isUsageWanted ? [shownSize(layer.exclusive), shownSize(layer.shared)] : []),
      layer.isDeleted ? 'deleted' : layer.mountPath === undefined ? '' : 'mounted',
    ]),
  );
}

const shownSize = (size: Bytes | undefined): string => (size === undefined ? '-' : humanSize(size));
