import { DmError } from '@dmthin/domain';
import type { Command } from '../../command/command.ts';
import { counted } from '../../output/progress.ts';
import { openInput } from '../input.ts';
import { LIKE_THE_TOOLS, library } from './metadata-source.ts';
import { OVERRIDES, overridesOf } from './numbers.ts';

export const restore: Command = {
  ...LIKE_THE_TOOLS,
  name: 'metadata restore',
  summary: "write a pool's metadata from a dump of it, as thin_restore does",
  description:
    'Takes XML and the lines of JSON that `metadata dump` prints, from a file or - for standard input. Nothing is left of what the output held; there is a pool on it again only once all of the dump was taken.',
  options: [
    { name: 'input', short: 'i', value: 'FILE', description: 'the dump' },
    { name: 'output', short: 'o', value: 'TARGET', description: 'a metadata device, or a file that is large enough' },
    ...OVERRIDES,
    { name: 'quiet', short: 'q', description: 'say nothing, but by the exit status' },
  ],
  json: '`{devices}`: how many devices the pool has',
  examples: ['dmthin metadata restore -i pool.xml -o /dev/vg/pool_tmeta'],
  async run(invocation) {
    const { flag, option, output, signal, exitWith } = invocation;
    const input = option('input');
    const target = option('output');
    if (input === undefined)
      throw new DmError('INVALID_ARGUMENT', 'No input file provided.', { remedy: 'Give -i FILE.' });
    if (target === undefined)
      throw new DmError('INVALID_ARGUMENT', 'No output file provided.', { remedy: 'Give -o TARGET.' });
    const { openMetadataFile, readPool, restorePool } = await library();
    try {
      using device = openMetadataFile(target, { write: true });
      const { chunks, size } = await openInput(input, signal);
      const overrides = overridesOf(invocation);
      await output.bar('restore', (progress) => restorePool(device, counted(chunks, progress), overrides), size);
      if (invocation.settings.json)
        await output.answer({ devices: [...readPool(device).thinDevices()].length }, () => '');
    } catch (error) {
      if (!flag('quiet') || !DmError.is(error)) throw error;
      exitWith(1);
    }
  },
};
