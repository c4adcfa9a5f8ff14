import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from '../e2e/support/dmthin.ts';

/** Milliseconds of one of containerd's snapshotters, medians but for the last two, which are means. */
export interface SnapshotterFigures {
  readonly snapshotter: 'dmthin' | 'devmapper';
  readonly rounds: number;
  readonly layers: number;
  readonly prepareEmptyMs: number;
  readonly prepareMs: number;
  readonly viewMs: number;
  readonly commitMs: number;
  readonly removeMs: number;
  /** Of those on one another. */
  readonly layerMs: number;
}

const STACKED = 128;

/** What `snapshotters.mjs` measures. It takes down whatever thin devices there are in the end. */
export async function containerdFigures(place: string, rounds: number): Promise<readonly SnapshotterFigures[]> {
  const script = join(CHECKOUT, 'test/bench/snapshotters.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, String(rounds), String(STACKED)], {
    cwd: CHECKOUT,
    env: { ...process.env, TMPDIR: place },
  });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as SnapshotterFigures);
}
