import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CHECKOUT, command } from '../support/dmthin.ts';

const run = promisify(execFile);
const STARTED_WITHIN_MS = 30_000;
/** What every unit stands on; those of the machine would start a whole system. */
const TARGETS = ['sysinit', 'basic', 'sockets', 'shutdown', 'multi-user'];

/** systemd as the first process of a namespace of its own, with dmthin's units and no others. */
export class Systemd implements AsyncDisposable {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** @param environment of its services. */
  static async start(place: string, environment: Readonly<Record<string, string>>): Promise<Systemd> {
    const units = join(place, 'units');
    await cp(join(CHECKOUT, 'packages/server/systemd'), units, { recursive: true });
    for (const name of TARGETS) await writeFile(join(units, `${name}.target`), '[Unit]\nDefaultDependencies=no\n');
    const variables = Object.entries(environment).map(([name, value]) => `Environment="${name}=${value}"\n`);
    await mkdir(join(units, 'dmthin-docker.service.d'));
    await writeFile(join(units, 'dmthin-docker.service.d/test.conf'), `[Service]\n${variables.join('')}`);
    // The units run the command by its name.
    await writeFile('/usr/local/bin/dmthin', `#!/bin/sh\nexec ${command().join(' ')} "$@"\n`, { mode: 0o755 });
    const words = ['--pid', '--fork', '--mount-proc', '--kill-child', '/lib/systemd/systemd', '--system'];
    const process = spawn('unshare', [...words, '--unit=basic.target'], {
      env: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container: 'test', SYSTEMD_UNIT_PATH: units },
      stdio: 'ignore',
    });
    const systemd = new Systemd(process);
    for (const end = performance.now() + STARTED_WITHIN_MS; !(await systemd.#isUp()); await wait(100))
      if (process.exitCode !== null || performance.now() > end) throw new Error('systemd did not start');
    return systemd;
  }

  async #isUp(): Promise<boolean> {
    return this.control('show', '--property', 'Version').then(
      () => true,
      () => false,
    );
  }

  /** The process id of the first process, as seen from here. */
  async #first(): Promise<string> {
    return (await run('pgrep', ['--parent', String(this.#process.pid)])).stdout.trim();
  }

  /** What `systemctl WORDS` prints, among systemd's processes, whose ids it would else not know; it must succeed. */
  async control(...words: readonly string[]): Promise<string> {
    const inside = ['--target', await this.#first(), '--pid', '--mount', '--root', 'systemctl', '--no-pager'];
    return (
      await run('nsenter', [...inside, ...words], { env: { ...process.env, SYSTEMD_IGNORE_CHROOT: '1' } })
    ).stdout.trim();
  }

  async properties(unit: string, ...names: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const lines = (await this.control('show', unit, '--property', names.join(','))).split('\n');
    return Object.fromEntries(lines.map((line) => line.split(/=(.*)/su).slice(0, 2) as [string, string]));
  }

  /** Where file systems are mounted, as systemd sees it, and with it dockerd where that is its service. */
  async mountPoints(): Promise<readonly string[]> {
    const lines = (await readFile(`/proc/${await this.#first()}/mounts`, 'utf8')).split('\n');
    return lines.map((line) => line.split(' ')[1] ?? '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
