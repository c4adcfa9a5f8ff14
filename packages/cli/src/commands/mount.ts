import { volumeId } from '@dmthin/domain';
import type { Command } from '../command/command.ts';

export const mount: Command = {
  name: 'mount',
  summary: 'mount a layer and print the directory of its content',
  arguments: [{ name: 'id', description: 'the layer' }],
  json: '`{id, path}`',
  examples: ['cd "$(dmthin mount web)"'],
  async run({ argument, output, signal, withDriver }) {
    const id = volumeId(argument('id'));
    const path = await withDriver((driver) => driver.mount(id, {}, signal));
    await output.answer({ id, path }, () => path);
  },
};

export const umount: Command = {
  name: 'umount',
  summary: 'unmount a layer',
  arguments: [{ name: 'id', description: 'the layer' }],
  json: '`{id, mounted: false}`',
  async run({ argument, output, withDriver }) {
    const id = volumeId(argument('id'));
    await withDriver((driver) => driver.unmount(id));
    await output.answer({ id, mounted: false }, () => '');
  },
};
