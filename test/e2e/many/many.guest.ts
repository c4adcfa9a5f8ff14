import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { GraphDriver } from 'dmthin';
import { type Place, temporaryPlace } from '../support/root.ts';
import { beBusy, finish, LAYERS, openBusy, prepare } from './busy-driver.ts';

const LIMIT_MS = 20;

interface Answers {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

/** How long an answer to `status` takes while `work` goes on, asked for every 10 ms; in milliseconds. */
async function statusWhile(driver: GraphDriver, work: Promise<unknown>): Promise<Answers> {
  let isDone = false;
  const end = work.finally(() => {
    isDone = true;
  });
  const answers: number[] = [];
  while (!isDone) {
    const asked = performance.now();
    expect((await driver.status()).pool.kind).to.equal('ok');
    answers.push(performance.now() - asked);
    await sleep(10);
  }
  await end;
  answers.sort((one, other) => one - other);
  const at = (share: number): number => answers[Math.floor(answers.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), count: answers.length };
}

function shown({ p50, p99, count }: Answers): string {
  return `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms of ${count}`;
}

describe('many layers at once on a real kernel', function () {
  this.timeout(240_000);
  let place: Place;
  before(async () => {
    place = await temporaryPlace();
  });
  after(() => place[Symbol.asyncDispose]());

  // The guest has one processor and does not preempt its kernel: timers of an idle process are late by 50 ms at times. So
  // what counts is how much longer an answer takes than beside the same work of another process.
  it(`serves ${LAYERS} lives, a mkfs and a discard of 10 GB, and tells its status meanwhile`, async () => {
    const driver = await openBusy(join(place.path, 'own'));
    const child = spawn(process.execPath, [join(import.meta.dirname, 'busy-driver.js'), join(place.path, 'other')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    child.stdin.end('go\n');
    const others = await statusWhile(driver, once(child.stdout, 'data'));
    await exited;
    const disk = await prepare(driver);
    const own = await statusWhile(driver, beBusy(driver, disk));
    console.log(`      own: ${shown(own)}; beside another process's: ${shown(others)}`);
    expect(driver.layers().map(({ id }) => id)).to.have.members(['parent', 'disk']);
    expect(own.p50).to.be.below(2 * others.p50 + LIMIT_MS / 4);
    expect(own.p99).to.be.below(2 * others.p99 + LIMIT_MS);
    await finish(driver, disk);
  });
});
