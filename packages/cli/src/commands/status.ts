import type { Command } from '../command/command.ts';
import { formatRows } from '../output/table.ts';
import { poolWarnings } from './pool-warnings.ts';

export const status: Command = {
  name: 'status',
  summary: 'show the pool, its space and the driver, as docker info does',
  json: 'an object: `rows` (the ordered [label, value] pairs of `docker info`) beside the typed fields; sizes in bytes',
  async run({ output, withDriver }) {
    const state = await withDriver((driver) => driver.status());
    const warnings = [...poolWarnings(state.pool), ...state.recovery.findings].map((text) => `WARNING: ${text}`);
    await output.answer(state, () => [formatRows(state.rows), ...warnings].join('\n'));
  },
};
