import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import { dmsetupEnvironment } from '#internal/program/environment';
import { programRun } from '#internal/program/run-program';

const run = programRun({ program: process.execPath, environment: process.env });
const script = (text: string): readonly string[] => ['-e', text];

describe('running a program', () => {
  it('gives it arguments and input as they are, and hands back all it says', async () => {
    const odd = ['$(id)', "a'b", 'ü\n', ''];
    const echo =
      'process.stdin.on("data", (data) => console.error(`${data}`)); console.log(JSON.stringify(process.argv.slice(1)))';
    const { exitCode, signal, stdout, stderr } = await run([...script(echo), '--', ...odd], 'input');
    expect({ exitCode, signal, stderr }).to.deep.equal({ exitCode: 0, signal: undefined, stderr: 'input\n' });
    expect(JSON.parse(stdout)).to.deep.equal(odd);
  });

  it('tells the status, or the signal, that ended it', async () => {
    expect(await run(script('process.exit(3)'), 'unread'.repeat(100_000))).to.include({
      exitCode: 3,
      signal: undefined,
    });
    const died = await run(script('process.kill(process.pid, "SIGTERM")'), '');
    expect(died).to.include({ exitCode: undefined, signal: 'SIGTERM' });
  });

  it('kills it when that is asked for, before or while it runs', async () => {
    const forever = script('setInterval(() => undefined, 1000)');
    const killed = { exitCode: undefined, signal: 'SIGKILL' };
    expect(await run(forever, '', { kill: AbortSignal.abort() })).to.include(killed);
    expect(await run(forever, '', { kill: AbortSignal.timeout(50), background: false })).to.include(killed);
  });

  it('tells what to do where there is no such program', async () => {
    const missing = programRun({ program: '/no/such/dmsetup', environment: {} });
    const failure = await missing([], '').catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(DmError).and.include({ code: 'UNAVAILABLE', errno: 'ENOENT' });
    expect((failure as DmError).remedy).to.include('Install dmsetup');
    const directory = programRun({ program: '/', environment: {} });
    expect(await directory([], '').catch((error: unknown) => error)).to.include({ code: 'NOT_PERMITTED' });
  });

  it('in the background keeps no process alive, and leaves nothing running behind it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'dmthin-run-'));
    const beats = join(directory, 'beats');
    const heart = `setInterval(() => require('node:fs').appendFileSync(${JSON.stringify(beats)}, 'x'), 10)`;
    const parent = `
      import { existsSync } from 'node:fs';
      import { programRun } from ${JSON.stringify(import.meta.resolve('#internal/program/run-program'))};
      const run = programRun({ program: process.execPath, environment: process.env });
      run(['-e', ${JSON.stringify(heart)}], '', { background: true });
      const beating = setInterval(() => existsSync(${JSON.stringify(beats)}) && clearInterval(beating), 10);`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', parent], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    await sleep(200);
    const { size } = statSync(beats);
    await sleep(200);
    expect(statSync(beats).size).to.equal(size);
    rmSync(directory, { recursive: true });
  }).timeout(30_000);
});

describe("dmsetup's environment", () => {
  it('speaks C, and is nobody else’s (defect 14)', () => {
    process.env['DM_UDEV_COOKIE'] = '1';
    process.env['LC_MESSAGES'] = 'de_DE.UTF-8';
    const environment = dmsetupEnvironment(false);
    delete process.env['DM_UDEV_COOKIE'];
    delete process.env['LC_MESSAGES'];
    expect(environment).to.include({ LC_ALL: 'C', DM_DISABLE_UDEV: '1' });
    expect(environment).not.to.have.any.keys('DM_UDEV_COOKIE', 'LC_MESSAGES', 'LANG');
    expect(environment['PATH']).to.include('/usr/sbin');
    expect(dmsetupEnvironment(true)).not.to.have.property('DM_DISABLE_UDEV');
  });
});
