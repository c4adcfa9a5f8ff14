import { DmError } from '@dmthin/domain';
import type { SalvageReport } from '@dmthin/thin-metadata';
import type { Command } from '../../command/command.ts';
import { LIKE_THE_TOOLS, library, watched } from './metadata-source.ts';
import { OVERRIDES, overridesOf } from './numbers.ts';

export const repair: Command = {
  ...LIKE_THE_TOOLS,
  name: 'metadata repair',
  summary: 'make a sound copy of damaged metadata, as thin_repair does',
  description:
    'The damaged metadata is only read. Roots that the superblock does not tell any more are searched for; of a superblock that is lost itself, its numbers have to be given.',
  options: [
    { name: 'input', short: 'i', value: 'SOURCE', description: 'the damaged metadata device, or a copy of it' },
    { name: 'output', short: 'o', value: 'TARGET', description: 'a metadata device, or a file that is large enough' },
    ...OVERRIDES,
  ],
  json: '`{isSuperblockLost, areRootsFound, devices, mappedBlocks, incomplete, lost}`: incomplete an array of `{thin, lostBlocks}`, lost one of thin ids',
  examples: ['dmthin metadata repair -i /dev/vg/pool_tmeta -o /dev/vg/spare'],
  async run(invocation) {
    const { option, output } = invocation;
    const input = option('input');
    const target = option('output');
    if (input === undefined)
      throw new DmError('INVALID_ARGUMENT', 'no input file provided', { remedy: 'Give -i SOURCE.' });
    if (target === undefined)
      throw new DmError('INVALID_ARGUMENT', 'No output file provided.', { remedy: 'Give -o TARGET.' });
    const { openMetadataFile, repairMetadata } = await library();
    using damaged = openMetadataFile(input);
    using device = openMetadataFile(target, { write: true });
    const overrides = overridesOf(invocation);
    const report = await output.bar('repair', async (progress) =>
      repairMetadata(watched(damaged, progress), device, overrides),
    );
    await output.answer(report, () => described(report).join('\n'));
  },
};

/** Nothing where nothing was lost. */
function described({ isSuperblockLost, areRootsFound, incomplete, lost }: SalvageReport): string[] {
  return [
    ...(isSuperblockLost ? ['the superblock was lost; its numbers are those that were given'] : []),
    ...(areRootsFound
      ? ['the roots of the trees were searched for; what was found may be older than the last commit']
      : []),
    ...incomplete.map(({ thin, lostBlocks }) => `thin device ${thin} lost ${lostBlocks} mapped blocks`),
    ...lost.map((thin) => `thin device ${thin} is lost: nothing of its mappings is left`),
  ];
}
