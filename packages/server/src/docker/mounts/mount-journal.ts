import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { Log } from '@dmthin/ports';
import { afterEvent, type MountEvent, type MountUse } from './mount-use.ts';

const LINE = /^(get|got|not-got|put|away|kept) (".*")$/u;
/** Above this the journal is written anew, as short as it can be. */
const MOST_LINES = 10_000;

const lineOf = (event: MountEvent, id: string): string => `${event} ${JSON.stringify(id)}\n`;

/**
 * What dockerd was told of mounts, in a file beside the socket, one line an event: a process that is killed leaves all
 * that it had written. It goes with the machine's next start, as mounts do, so that nothing is flushed to disk.
 */
export class MountJournal {
  readonly #path: string;
  readonly #log: Log;
  #descriptor: number | undefined;
  #lines = 0;
  #uses = new Map<string, MountUse>();

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** What a process before this one wrote; nothing where there is no journal. */
  read(): ReadonlyMap<string, MountUse> {
    const uses = new Map<string, MountUse>();
    for (const line of this.#text().split('\n')) {
      const [, event, text = ''] = LINE.exec(line) ?? [];
      if (event === undefined) continue;
      const id = JSON.parse(text) as string;
      uses.set(id, afterEvent(uses.get(id), event as MountEvent));
    }
    return uses;
  }

  /** Begins anew with these. */
  begin(uses: ReadonlyMap<string, MountUse>): void {
    this.#uses = new Map(uses);
    this.#attempt(() => this.#rewrite());
  }

  note(event: MountEvent, id: string): void {
    const use = afterEvent(this.#uses.get(id), event);
    if (use.users + use.getting + use.putting === 0) this.#uses.delete(id);
    else this.#uses.set(id, use);
    this.#attempt(() => {
      if (this.#descriptor === undefined || this.#lines >= MOST_LINES) return this.#rewrite();
      this.#lines += 1;
      writeSync(this.#descriptor, lineOf(event, id));
    });
  }

  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #rewrite(): void {
    this.close();
    const lines = [...this.#uses].flatMap(([id, { users, getting, putting }]) => [
      ...Array<string>(users).fill(lineOf('got', id)),
      ...Array<string>(getting).fill(lineOf('get', id)),
      ...Array<string>(putting).fill(lineOf('put', id)),
    ]);
    const draft = `${this.#path}.new`;
    const descriptor = openSync(draft, 'w', 0o600);
    writeSync(descriptor, lines.join(''));
    renameSync(draft, this.#path);
    this.#descriptor = descriptor;
    this.#lines = lines.length;
  }

  #text(): string {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.write('warn', `${this.#path} cannot be read, and is passed over`, { error });
      return '';
    }
  }

  /** A journal that cannot be written keeps nobody from mounting. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.close();
      this.#log.write('warn', `${this.#path} cannot be written: a plugin that takes over counts one user a mount`, {
        error,
      });
    }
  }
}
