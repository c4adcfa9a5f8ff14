import { volumeId } from '@dmthin/domain';
import type { Command } from '../command/command.ts';
import { counted } from '../output/progress.ts';
import { maybeGunzip } from './gunzip.ts';
import { openInput } from './input.ts';
import { PARENT_OPTION, parentOf } from './layer-options.ts';

export const importLayer: Command = {
  name: 'import',
  summary: 'make a layer with the content of a tar or tar.gz file',
  description:
    'The layer has all of it or is not there: what an import that was cut off leaves, the next command removes.',
  arguments: [
    { name: 'id', description: 'the new layer' },
    { name: 'file', description: 'a tar, gzipped or not; - for standard input' },
  ],
  options: [PARENT_OPTION],
  takesLayerOptions: true,
  json: '`{id, parent, bytes}`: the layer, and the sum of the sizes of its files',
  examples: ['dmthin import web web.tar.gz', 'npm pack --silent react | xargs dmthin import react'],
  async run({ argument, option, layerOptions, output, signal, withDriver }) {
    const id = volumeId(argument('id'));
    const parent = parentOf(option('parent'));
    const { chunks, size } = await openInput(argument('file'), signal);
    const bytes = await output.progress(
      `import ${id}`,
      (progress) =>
        withDriver((driver) =>
          driver.import(id, maybeGunzip(counted(chunks, progress)), { parent, storageOptions: layerOptions }, signal),
        ),
      size,
    );
    await output.answer({ id, parent, bytes }, () => id);
  },
};

export const apply: Command = {
  name: 'apply',
  summary: 'unpack a tar with whiteouts from stdin into a layer',
  arguments: [{ name: 'id', description: 'the layer' }],
  json: '`{id, bytes}`: the sum of the sizes of the files in the tar',
  examples: ['dmthin diff web-1 | ssh other dmthin apply web-1'],
  async run({ argument, output, signal, withDriver }) {
    const id = volumeId(argument('id'));
    const { chunks } = await openInput('-', signal);
    const bytes = await output.progress(`apply ${id}`, (progress) =>
      withDriver((driver) => driver.applyDiff(id, maybeGunzip(counted(chunks, progress)), signal)),
    );
    await output.answer({ id, bytes }, () => '');
  },
};
