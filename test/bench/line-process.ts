import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A process that answers each line with a line of JSON. */
export class LineProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #waiting: ((line: string | undefined) => void)[] = [];

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on('line', (line) => this.#waiting.shift()?.(line));
    this.#lines.on('close', () => {
      for (const end of this.#waiting.splice(0)) end(undefined);
    });
  }

  async ask<Answer>(line: string): Promise<Answer> {
    const answer = new Promise<string | undefined>((resolve) => this.#waiting.push(resolve));
    this.#child.stdin.write(`${line}\n`);
    const text = await answer;
    if (text === undefined) throw new Error(`${this.#child.spawnargs.join(' ')} ended when it was asked ${line}`);
    return JSON.parse(text) as Answer;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    const [status] = await ended;
    if (status !== 0) throw new Error(`${this.#child.spawnargs.join(' ')} ended with ${status}`);
  }
}
