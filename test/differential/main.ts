/**
 * Holds the fake kernel to the real one of the guest, with random sequences of calls:
 *   ./scripts/guest --still-clock --timeout 4000 -- pnpm differential --minutes 30 --seed 7
 * --personality names whom the fake is to be like, --journal a file that gets each sequence before it is played.
 * A difference is shown decoded, as a dmsetup script, and kept as a trace that every test run replays.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { personalityOf } from '../trace/release.ts';
import { showDifference } from '../trace/show-difference.ts';
import { writeTrace } from '../trace/trace-file.ts';
import { campaign } from './campaign.ts';
import { dmsetupScript } from './dmsetup-script.ts';

const KEPT = fileURLToPath(new URL('../trace/recorded/', import.meta.url));

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    personality: { type: 'string' },
    journal: { type: 'string' },
  },
});
const { sequences, calls, found } = await campaign({
  seed: Number(values.seed),
  milliseconds: Number(values.minutes) * 60_000,
  personality: values.personality === undefined ? undefined : personalityOf(values.personality),
  onSequence: (actions) => {
    if (values.journal === undefined) return;
    writeFileSync(
      values.journal,
      JSON.stringify(actions, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
    );
  },
});
console.log(`differential: ${calls} calls of ${sequences} sequences compared, from seed ${values.seed}`);
if (found !== undefined) {
  const file = `${KEPT}found-${found.seed}.gz`;
  writeTrace(file, found);
  console.log(
    dmsetupScript(
      found.header.disks,
      found.lines.map(({ call }) => call),
    ),
  );
  console.log(showDifference(found.difference));
  console.log(`kept as ${file}`);
  process.exitCode = 1;
}
