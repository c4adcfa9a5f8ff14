import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Daemon } from '../support/daemon.ts';

/** Small, and the same for both drivers. No udev runs in the guest. */
export const STORAGE_OPTIONS: readonly string[] = [
  'dm.basesize=512M',
  'dm.fs=ext4',
  'dm.override_udev_sync_check=true',
];
export const LOOP_FILES: readonly string[] = ['dm.loopdatasize=2G', 'dm.loopmetadatasize=64M'];
const MOST = 64 * 1024 * 1024;

export interface Ran {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Debian's dockerd with one storage driver, on a root of its own, and its client. */
export class Dockerd {
  readonly #driver: string;
  readonly #place: string;
  readonly #pool: readonly string[];
  readonly #options: readonly string[];
  readonly #daemon: Daemon;

  /**
   * @param pool the storage options that say where its pool is.
   * @param options of dockerd, besides.
   */
  constructor(driver: string, place: string, pool: readonly string[] = LOOP_FILES, options: readonly string[] = []) {
    this.#driver = driver;
    this.#place = place;
    this.#daemon = new Daemon(join(place, 'dockerd.log'));
    this.#pool = pool;
    this.#options = options;
  }

  get socket(): string {
    return join(this.#place, 'docker.sock');
  }

  get dataRoot(): string {
    return join(this.#place, 'data');
  }

  get pid(): number {
    return this.#daemon.pid;
  }

  get logFile(): string {
    return this.#daemon.logFile;
  }

  async start(): Promise<void> {
    await mkdir(this.#place, { recursive: true });
    await rm(this.#pidFile, { force: true });
    const words = [
      '--experimental',
      ...['--data-root', this.dataRoot, '--exec-root', join(this.#place, 'exec'), '--pidfile', this.#pidFile],
      ...['--host', this.#host, '--iptables=false', '--ip6tables=false', '--bridge=none'],
      ...['--storage-driver', this.#driver],
      ...[...STORAGE_OPTIONS, ...this.#pool].flatMap((option) => ['--storage-opt', option]),
      ...this.#options,
    ];
    await this.#daemon.start('dockerd', words, async () => (await this.run('version')).status === 0);
  }

  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    return this.#daemon.stop(signal);
  }

  run(...words: readonly string[]): Promise<Ran> {
    return new Promise((resolve) => {
      const options = { encoding: 'buffer', maxBuffer: MOST } as const;
      execFile('docker', ['--host', this.#host, ...words], options, (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr: stderr.toString() }),
      );
    });
  }

  /** What `docker WORDS` prints; it must succeed. */
  async print(...words: readonly string[]): Promise<string> {
    return (await this.bytes(...words)).toString();
  }

  async bytes(...words: readonly string[]): Promise<Buffer> {
    const { status, stdout, stderr } = await this.run(...words);
    if (status !== 0) throw new Error(`docker ${words.join(' ')}: ${stderr}`);
    return stdout;
  }

  get #host(): string {
    return `unix://${this.socket}`;
  }

  get #pidFile(): string {
    return join(this.#place, 'docker.pid');
  }
}
