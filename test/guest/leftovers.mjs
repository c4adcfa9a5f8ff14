/**
 * Fails the run where something is left behind in the guest: devices, nodes, loop devices, mounts, semaphores, temporary
 * files. Loaded by .mocharc.json.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

const lines = (text) => text.split('\n').filter((line) => line !== '');

function state() {
  return {
    'mapped devices': lines(execFileSync('dmsetup', ['ls'], { encoding: 'utf8' })).filter(
      (line) => line !== 'No devices found',
    ),
    'nodes under /dev/mapper': readdirSync('/dev/mapper').filter((name) => name !== 'control'),
    'loop devices': lines(execFileSync('losetup', ['--all'], { encoding: 'utf8' })),
    mounts: lines(readFileSync('/proc/self/mounts', 'utf8')),
    semaphores: lines(readFileSync('/proc/sysvipc/sem', 'utf8')).slice(1),
    'temporary files': readdirSync(tmpdir()),
  };
}

/** What this process may leave to its end: the loader's own cache. */
const EXEMPT = /^node-compile-cache$/u;

let before;
export const mochaHooks = {
  beforeAll() {
    before = state();
  },
  afterAll() {
    const left = Object.entries(state()).flatMap(([what, found]) => {
      const extra = found.filter((item) => !before[what].includes(item) && !EXEMPT.test(item));
      return extra.length === 0 ? [] : [`${what}: ${extra.join(', ')}`];
    });
    if (left.length > 0) throw new Error(`left behind: ${left.join('; ')}`);
  },
};
