import { DmError } from '@dmthin/domain';
import type { Command } from '../command/command.ts';
import { poolWarnings } from './pool-warnings.ts';

export const check: Command = {
  name: 'check',
  summary: 'open the root, recover what was cut off, and report all that is not as it should be',
  description: 'Exits with 0 where nothing was found, with 9 where something was.',
  json: '`{intent, findings}`: what became of a change that was cut off, and an array of sentences',
  async run({ output, withDriver }) {
    const { recovery, pool } = await withDriver((driver) => driver.status());
    const findings = [...poolWarnings(pool), ...recovery.findings];
    await output.answer({ intent: recovery.intent, findings }, () =>
      findings.length === 0 ? 'nothing found' : findings.join('\n'),
    );
    if (findings.length > 0) throw new DmError('CONFLICT', `${findings.length} found`);
  },
};
