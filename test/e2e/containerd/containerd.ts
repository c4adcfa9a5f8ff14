import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const STARTED_WITHIN_MS = 60_000;
const MOST = 64 * 1024 * 1024;

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Debian's containerd with the snapshotter of a socket, and its own devmapper one on a pool; and ctr. */
export class Containerd {
  readonly #place: string;
  #process: ChildProcess | undefined;

  constructor(place: string) {
    this.#place = place;
  }

  /** @param pool of its own devmapper snapshotter. @param socket of ours, which is called dmthin. */
  async start(pool: string, socket: string): Promise<void> {
    await mkdir(this.#place, { recursive: true });
    const config = join(this.#place, 'config.toml');
    await writeFile(config, this.#config(pool, socket));
    const log = createWriteStream(join(this.#place, 'containerd.log'), { flags: 'a' });
    await once(log, 'open');
    this.#process = spawn('containerd', ['--config', config, '--log-level', 'debug'], { stdio: ['ignore', log, log] });
    for (const end = performance.now() + STARTED_WITHIN_MS; (await this.ctr('version')).status !== 0; await wait(100))
      if (this.#process.exitCode !== null || performance.now() > end)
        throw new Error(`containerd did not start: see ${join(this.#place, 'containerd.log')}`);
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const ending = this.#process;
    if (ending === undefined || ending.exitCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
    this.#process = undefined;
  }

  ctr(...words: readonly string[]): Promise<Ran> {
    return new Promise((resolve) => {
      const address = ['--address', join(this.#place, 'containerd.sock')];
      execFile('ctr', [...address, ...words], { maxBuffer: MOST }, (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      );
    });
  }

  /** `ctr WORDS` as a shell says it. */
  line(...words: readonly string[]): string {
    return ['ctr', '--address', join(this.#place, 'containerd.sock'), ...words].join(' ');
  }

  /** What `ctr WORDS` prints; it must succeed. */
  async print(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.ctr(...words);
    if (status !== 0) throw new Error(`ctr ${words.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** Waits for a whole collection: a lease that is deleted so does. */
  async collectGarbage(): Promise<void> {
    await this.print('leases', 'create', '--id', 'collect');
    await this.print('leases', 'delete', '--sync', 'collect');
  }

  #config(pool: string, socket: string): string {
    return `
version = 2
root = "${this.#place}/root"
state = "${this.#place}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "${this.#place}/containerd.sock"
[proxy_plugins.dmthin]
  type = "snapshot"
  address = "${socket}"
[plugins."io.containerd.snapshotter.v1.devmapper"]
  root_path = "${this.#place}/devmapper"
  pool_name = "${pool}"
  base_image_size = "256MB"
`;
  }
}
