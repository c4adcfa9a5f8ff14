import { DmError, humanSize, poolTroubles } from '@dmthin/domain';
import type { Finding } from '@dmthin/graphdriver';
import type { Command } from '../command/command.ts';

export const check: Command = {
  name: 'check',
  summary:
    'compare the pool, its devices, mounts, loop devices and files with the records, and report what does not agree',
  description:
    'Opens the root, which recovers what was cut off. With --repair it mends what can be mended without losing or guessing ' +
    'anything, and says of the rest what to do by hand. Exits with 0 where nothing is left to do, with 9 where something is.',
  options: [{ name: 'repair', description: 'mend what can be mended safely' }],
  json:
    '`{intent, warnings, findings}`: what became of a change that was cut off, sentences on the state of the pool, and an ' +
    'array of `{kind, subject, what, cause, holds, repair, outcome, remedy}`; `holds` in bytes, `repair` what --repair does ' +
    '(left out where it does nothing), `outcome` one of `found`, `repaired`, `not-repaired`',
  examples: ['dmthin check', 'dmthin check --repair --json'],
  async run({ output, flag, withDriver }) {
    const { intent, warnings, findings } = await withDriver(async (driver) => {
      const { recovery, pool, poolName } = await driver.status();
      const troubles = poolTroubles(poolName, pool);
      const found = await driver.check({ repair: flag('repair') });
      // What opening met of the pool, and is so still, is told once.
      return {
        intent: recovery.intent,
        warnings: troubles,
        findings: found.filter(({ what }) => !troubles.includes(what)),
      };
    });
    await output.answer(
      { intent, warnings, findings },
      () => [...warnings, ...findings.map(asText)].join('\n') || 'nothing found',
    );
    const left = warnings.length + findings.filter(({ outcome }) => outcome !== 'repaired').length;
    if (left > 0) throw new DmError('CONFLICT', `${left} found`, { remedy: remedyFor(findings, flag('repair')) });
  },
};

function asText({ what, cause, holds, repair, outcome, remedy }: Finding): string {
  const lines = [
    `${what}${holds > 0n ? `; it holds ${humanSize(holds)}` : ''}`,
    cause,
    ...(outcome === 'repaired' ? [`Repaired: ${repair ?? 'done'}.`] : [remedy]),
    ...(outcome === 'found' && repair !== undefined ? [`--repair would ${repair}.`] : []),
  ];
  return lines.join('\n    ');
}

function remedyFor(findings: readonly Finding[], wasRepair: boolean): string {
  const isMendable = !wasRepair && findings.some(({ outcome, repair }) => outcome === 'found' && repair !== undefined);
  return isMendable ? 'Run dmthin check --repair for what can be mended safely.' : 'Each says above what can be done.';
}
