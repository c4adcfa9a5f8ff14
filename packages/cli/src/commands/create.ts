import { volumeId } from '@dmthin/domain';
import type { Command } from '../command/command.ts';
import { PARENT_OPTION, parentOf } from './layer-options.ts';

export const create: Command = {
  name: 'create',
  summary: 'make a layer from the base device or from another layer',
  arguments: [{ name: 'id', description: 'the new layer' }],
  options: [PARENT_OPTION],
  takesLayerOptions: true,
  json: 'the layer: `{id, parent, deviceId, deviceName, size, isDeleted}`; sizes in bytes',
  examples: ['dmthin create web', 'dmthin create web-1 --parent web --storage-opt size=20G'],
  async run({ argument, option, layerOptions, output, signal, withDriver }) {
    const id = volumeId(argument('id'));
    const parent = parentOf(option('parent'));
    const layer = await withDriver((driver) => driver.create(id, { parent, storageOptions: layerOptions }, signal));
    await output.answer(layer, () => layer.id);
  },
};
