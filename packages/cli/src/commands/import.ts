import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { DmError, type VolumeId, volumeId } from '@dmthin/domain';
import type { GraphDriver } from '@dmthin/graphdriver';
import type { Command } from '../command/command.ts';
import { counted } from '../output/progress.ts';
import { maybeGunzip } from './gunzip.ts';
import { PARENT_OPTION, parentOf } from './layer-options.ts';

export const importLayer: Command = {
  name: 'import',
  summary: 'make a layer with the content of a tar or tar.gz file',
  description: 'A layer that could not be filled whole is removed again.',
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
    const { chunks, size } = await openInput(argument('file'));
    const progress = output.progress(`import ${id}`, size);
    const bytes = await withDriver(async (driver) => {
      await driver.create(id, { parent, storageOptions: layerOptions }, signal);
      return fillOrRemove(driver, id, maybeGunzip(counted(chunks, progress)), signal);
    });
    progress.end();
    output.answer({ id, parent, bytes }, () => id);
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
    const progress = output.progress(`apply ${id}`);
    const chunks = maybeGunzip(counted(process.stdin, progress));
    const bytes = await withDriver((driver) => driver.applyDiff(id, chunks, signal));
    progress.end();
    output.answer({ id, bytes }, () => '');
  },
};

async function fillOrRemove(driver: GraphDriver, id: VolumeId, tar: AsyncIterable<Uint8Array>, signal: AbortSignal) {
  try {
    return await driver.applyDiff(id, tar, signal);
  } catch (cause) {
    await driver.remove(id).catch((undoError: unknown) => {
      throw new DmError('IO', `import of "${id}" failed, and the layer could not be removed again`, {
        subject: id,
        cause,
        undoError,
        remedy: `Remove it: dmthin rm ${id}`,
      });
    });
    throw cause;
  }
}

async function openInput(file: string): Promise<{ chunks: AsyncIterable<Uint8Array>; size?: number }> {
  if (file === '-') return { chunks: process.stdin };
  try {
    const { size } = await stat(file);
    return { chunks: createReadStream(file, { highWaterMark: 1 << 20 }), size };
  } catch (cause) {
    throw new DmError('NOT_FOUND', `${file} cannot be read: ${(cause as Error).message}`, { subject: file, cause });
  }
}
