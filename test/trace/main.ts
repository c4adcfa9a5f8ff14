/**
 * Traces of a real kernel (docs/traces.md):
 *   pnpm trace record --seed N --ops N --out FILE     in the guest: ./scripts/guest --still-clock -- pnpm trace record ...
 *   pnpm trace replay [--personality P] FILE...       anywhere, on the fake; exits 1 at a difference
 *   pnpm trace show FILE...                           a line for each call
 */
import { parseArgs } from 'node:util';
import { DmError } from '@dmthin/domain';
import { record } from '../differential/record.ts';
import { personalityOf } from './release.ts';
import { replay } from './replay.ts';
import { showDifference } from './show-difference.ts';
import { showLine } from './show-trace.ts';
import { readTrace, writeTrace } from './trace-file.ts';

const USAGE = `usage: trace record --seed N --ops N --out FILE
       trace replay [--personality 6.1.176|6.1.192] FILE...
       trace show FILE...`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      ops: { type: 'string', default: '1000' },
      out: { type: 'string' },
      personality: { type: 'string' },
    },
  });
  const [command, ...files] = positionals;
  if (command === 'record' && values.out !== undefined && files.length === 0) {
    const trace = await record(wholeNumber('--seed', values.seed), wholeNumber('--ops', values.ops), () =>
      console.error("trace: the clock runs on, so a pool's commit of each second may come between any calls"),
    );
    writeTrace(values.out, trace);
    console.log(`${values.out}: ${trace.lines.length} calls on Linux ${trace.header.release}`);
    return 0;
  }
  if (command === 'replay' && files.length > 0) return replayAll(files, values.personality);
  if (command === 'show' && files.length > 0) {
    for (const file of files)
      for (const [index, line] of readTrace(file).lines.entries()) console.log(`${index + 1} ${showLine(line)}`);
    return 0;
  }
  console.error(USAGE);
  return 64;
}

async function replayAll(files: readonly string[], release: string | undefined): Promise<number> {
  let status = 0;
  for (const file of files) {
    const trace = readTrace(file);
    const difference = await replay(trace, release === undefined ? undefined : personalityOf(release));
    if (difference === undefined) console.log(`${file}: ${trace.lines.length} calls, no difference`);
    else {
      console.log(`${file}: of ${trace.lines.length} calls, ${showDifference(difference)}`);
      status = 1;
    }
  }
  return status;
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new DmError('INVALID_ARGUMENT', `${option} ${text}: not a whole number`);
}

try {
  process.exitCode = await main();
} catch (failure) {
  if (!DmError.is(failure) && (failure as NodeJS.ErrnoException).code === undefined) throw failure;
  const { message, remedy } = failure as DmError;
  console.error(`trace: ${message}${remedy === undefined ? '' : `\n${remedy}`}`);
  process.exitCode = 2;
}
