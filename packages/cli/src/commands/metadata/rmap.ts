import { DmError } from '@dmthin/domain';
import type { Region } from '@dmthin/thin-metadata';
import type { Command } from '../../command/command.ts';
import { HELD, LIKE_THE_TOOLS, library, SOURCE, withSource } from './metadata-source.ts';

export const rmap: Command = {
  ...LIKE_THE_TOOLS,
  name: 'metadata rmap',
  summary: 'say which devices map some data blocks, as thin_rmap does',
  arguments: [SOURCE],
  options: [
    {
      name: 'region',
      value: 'BEGIN..END',
      description: 'data blocks from BEGIN to before END; may be given several times',
      repeatable: true,
    },
    HELD,
  ],
  json: 'an array of `{dataBegin, dataEnd, thin, thinBegin}`: runs of data blocks and the device and block they are mapped to',
  examples: ['dmthin metadata rmap --region 5..45 /dev/vg/pool_tmeta'],
  run: (invocation) => {
    const regions = invocation.values('region').map(parseRegion);
    if (regions.length === 0)
      throw new DmError('INVALID_ARGUMENT', 'No regions provided.', { remedy: 'Give --region BEGIN..END.' });
    return withSource(invocation, 'rmap', async (device) => {
      const { readPool, reverseMap } = await library();
      const runs = reverseMap(readPool(device, { held: invocation.flag('metadata-snap') }), regions);
      await invocation.output.answer(runs, () =>
        runs
          .map(
            ({ dataBegin, dataEnd, thin, thinBegin }) =>
              `data ${dataBegin}..${dataEnd} -> thin(${thin}) ${thinBegin}..${thinBegin + dataEnd - dataBegin}`,
          )
          .join('\n'),
      );
    });
  },
};

function parseRegion(word: string): Region {
  const [, begin, end] = /^(\d{1,15})\.\.(\d{1,15})$/u.exec(word) ?? [];
  const region = { begin: Number(begin), end: Number(end) };
  if (region.end > region.begin) return region;
  throw new DmError('INVALID_ARGUMENT', `--region ${word}: badly formed region`, {
    remedy: '5..45 are the data blocks 5 to 44.',
  });
}
