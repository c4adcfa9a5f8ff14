import { DmError, type ThinId, thinId } from '@dmthin/domain';
import type { Command, Invocation } from '../../command/command.ts';
import { HELD, LIKE_THE_TOOLS, library, SOURCE, withSource } from './metadata-source.ts';
import { wholeNumber } from './numbers.ts';

export const delta: Command = {
  ...LIKE_THE_TOOLS,
  name: 'metadata delta',
  summary: 'print in which blocks two devices differ, as thin_delta does',
  description: 'A device that is left out maps nothing: all of the other is told then.',
  arguments: [SOURCE],
  options: [
    { name: 'thin1', value: 'THIN_ID', description: 'the left device' },
    { name: 'snap1', value: 'THIN_ID', description: 'the same' },
    { name: 'thin2', value: 'THIN_ID', description: 'the right device' },
    { name: 'snap2', value: 'THIN_ID', description: 'the same' },
    HELD,
    { name: 'verbose', description: 'say where the data lies, run by run' },
  ],
  json: 'an array of `{kind, begin, length, leftData, rightData}`: runs of blocks, kind one of `left_only`, `right_only`, `different`, `same`, and where their data begins',
  examples: ['dmthin metadata delta --thin1 3 --thin2 7 -m /dev/vg/pool_tmeta'],
  run: (invocation) =>
    withSource(invocation, 'delta', async (device) => {
      const { deltaJson, deltaXml, readPool } = await library();
      const { flag, output, settings } = invocation;
      const left = idOf(invocation, 'thin1', 'snap1');
      const right = idOf(invocation, 'thin2', 'snap2');
      if (left === undefined && right === undefined)
        throw new DmError('INVALID_ARGUMENT', 'no device to compare', { remedy: 'Give --thin1, --thin2, or both.' });
      const pool = readPool(device, { held: flag('metadata-snap') });
      const options = { left, right, verbose: flag('verbose') };
      await output.print(settings.json ? deltaJson(pool, options) : deltaXml(pool, options));
    }),
};

function idOf({ option }: Invocation, ...names: readonly string[]): ThinId | undefined {
  for (const name of names) {
    const word = option(name);
    if (word !== undefined) return thinId(Number(wholeNumber(word, `--${name}`)));
  }
  return undefined;
}
