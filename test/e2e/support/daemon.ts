import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

const STARTED_WITHIN_MS = 60_000;

/** A program that serves until it is told to end, and what it says in a file. */
export class Daemon {
  readonly logFile: string;
  #process: ChildProcess | undefined;

  constructor(logFile: string) {
    this.logFile = logFile;
  }

  /** 0 where it does not run. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts it, in the place of one that has ended, and waits until it `isUp`. */
  async start(program: string, words: readonly string[], isUp: () => Promise<boolean>): Promise<void> {
    const log = createWriteStream(this.logFile, { flags: 'a' });
    await once(log, 'open');
    const child = spawn(program, words, { stdio: ['ignore', log, log] });
    this.#process = child;
    for (const end = performance.now() + STARTED_WITHIN_MS; !(await isUp()); await wait(100))
      if (child.exitCode !== null || performance.now() > end)
        throw new Error(`${program} did not start: ${(await readFile(this.logFile, 'utf8')).slice(-1000)}`);
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
}
