import { humanSize, volumeId } from '@dmthin/domain';
import type { Command } from '../command/command.ts';
import { formatRows } from '../output/table.ts';

export const inspect: Command = {
  name: 'inspect',
  summary: 'show one layer, with what docker inspect says of it',
  arguments: [{ name: 'id', description: 'the layer' }],
  json: 'the layer with `mapped` bytes and `graphDriver: {DeviceId, DeviceSize, DeviceName}` (strings, as Docker has them)',
  async run({ argument, output, withDriver }) {
    const id = volumeId(argument('id'));
    const layer = await withDriver(async (driver) => ({
      ...driver.layer(id),
      mapped: (await driver.usage(id)).mapped,
      graphDriver: driver.metadata(id),
    }));
    await output.answer(layer, () =>
      formatRows([
        ['Layer', layer.id],
        ['Parent', layer.parent ?? '-'],
        ['Size', humanSize(layer.size)],
        ['Mapped', humanSize(layer.mapped)],
        ['Mounted at', layer.mountPath ?? '-'],
        ...Object.entries(layer.graphDriver),
      ]),
    );
  },
};
