import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Daemon } from '../support/daemon.ts';

const MOST = 64 * 1024 * 1024;

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Debian's containerd with the snapshotter of a socket, and its own devmapper one on a pool; and ctr. */
export class Containerd {
  readonly #place: string;
  readonly #daemon: Daemon;

  constructor(place: string) {
    this.#place = place;
    this.#daemon = new Daemon(join(place, 'containerd.log'));
  }

  /** @param pool of its own devmapper snapshotter. @param socket of ours, which is called dmthin. */
  async start(pool: string, socket: string): Promise<void> {
    await mkdir(this.#place, { recursive: true });
    const config = join(this.#place, 'config.toml');
    await writeFile(config, this.#config(pool, socket));
    const words = ['--config', config, '--log-level', 'debug'];
    await this.#daemon.start('containerd', words, async () => (await this.ctr('version')).status === 0);
  }

  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    return this.#daemon.stop(signal);
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
