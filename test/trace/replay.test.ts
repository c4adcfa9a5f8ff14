import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Line } from './call.ts';
import { replay } from './replay.ts';
import { showDifference } from './show-difference.ts';
import { readTrace, type Trace, writeTrace } from './trace-file.ts';

// Sources and compiled tests lie side by side, the recordings only with the sources.
const RECORDED = fileURLToPath(new URL('../../trace/recorded/data-full-flush.gz', import.meta.url));
const EVENT_NUMBER = 32;

/** The trace with one byte of the answer to its last ioctl changed. */
function doctored({ header, lines }: Trace): { readonly trace: Trace; readonly number: number } {
  const index = lines.findLastIndex(({ call }) => call.op === 'ioctl');
  const { call, answer } = lines[index] as Line;
  const buffer = Uint8Array.from(answer?.buffer ?? []);
  buffer[EVENT_NUMBER] = (buffer[EVENT_NUMBER] ?? 0) + 1;
  const line: Line = { call, answer: { ret: 0, errno: 0, ...answer, buffer } };
  return { trace: { header, lines: lines.with(index, line) }, number: index + 1 };
}

describe('a replay', () => {
  it('finds the one byte that differs, and shows its field', async () => {
    const { trace, number } = doctored(readTrace(RECORDED));
    const difference = await replay(trace);
    if (difference === undefined) return expect.fail('it found nothing');
    expect(difference.number).to.equal(number);
    const shown = showDifference(difference);
    expect(shown).to.match(/^call \d+: ioctl tableStatus .*name="p1"$/mu);
    expect(shown.split('\n').filter((line) => line.startsWith('>'))).to.have.length(1);
    expect(shown).to.match(/^> event_nr +\d+ +≠ \d+$/mu);
  });

  it('holds a fake to another personality, and so finds what those differ in', async () => {
    const trace = readTrace(fileURLToPath(new URL('../../trace/recorded/core-1.gz', import.meta.url)));
    expect(await replay(trace, '6.1.192')).to.have.property('number');
  });

  it('exits with 1 from the command line, and with 0 where all is alike', async () => {
    const run = promisify(execFile);
    const folder = mkdtempSync(join(tmpdir(), 'dmthin-replay-'));
    const file = join(folder, 'doctored.gz');
    const main = fileURLToPath(new URL('main.js', import.meta.url));
    writeTrace(file, doctored(readTrace(RECORDED)).trace);
    try {
      expect((await run(process.execPath, [main, 'replay', RECORDED])).stdout).to.include('no difference');
      const failure = await run(process.execPath, [main, 'replay', RECORDED, file]).catch((error: unknown) => error);
      expect(failure).to.include({ code: 1 });
      expect((failure as { stdout: string }).stdout).to.include('> event_nr');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }).timeout(30_000);
});
