import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Small, and the same for both drivers. No udev runs in the guest. */
export const STORAGE_OPTIONS: readonly string[] = [
  'dm.basesize=512M',
  'dm.fs=ext4',
  'dm.override_udev_sync_check=true',
];
export const LOOP_FILES: readonly string[] = ['dm.loopdatasize=2G', 'dm.loopmetadatasize=64M'];
const MOST = 64 * 1024 * 1024;
const STARTED_WITHIN_MS = 60_000;

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
  #process: ChildProcess | undefined;

  /**
   * @param pool the storage options that say where its pool is.
   * @param options of dockerd, besides.
   */
  constructor(driver: string, place: string, pool: readonly string[] = LOOP_FILES, options: readonly string[] = []) {
    this.#driver = driver;
    this.#place = place;
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
    return this.#process?.pid ?? 0;
  }

  get logFile(): string {
    return join(this.#place, 'dockerd.log');
  }

  async start(): Promise<void> {
    await mkdir(this.#place, { recursive: true });
    const log = createWriteStream(this.logFile, { flags: 'a' });
    await once(log, 'open');
    await rm(this.#pidFile, { force: true });
    this.#process = spawn(
      'dockerd',
      [
        '--experimental',
        ...['--data-root', this.dataRoot, '--exec-root', join(this.#place, 'exec'), '--pidfile', this.#pidFile],
        ...['--host', this.#host, '--iptables=false', '--ip6tables=false', '--bridge=none'],
        ...['--storage-driver', this.#driver],
        ...[...STORAGE_OPTIONS, ...this.#pool].flatMap((option) => ['--storage-opt', option]),
        ...this.#options,
      ],
      { stdio: ['ignore', log, log] },
    );
    for (const end = performance.now() + STARTED_WITHIN_MS; (await this.run('version')).status !== 0; await wait(200))
      if (this.#process.exitCode !== null || performance.now() > end)
        throw new Error(`dockerd did not start: ${(await readFile(this.logFile, 'utf8')).slice(-1000)}`);
  }

  /** Ends it, by a signal that it can act on or by one that it cannot. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const ending = this.#process;
    if (ending === undefined || ending.exitCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
    this.#process = undefined;
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
