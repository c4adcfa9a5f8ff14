import { chmodSync, readdirSync } from 'node:fs';
import { type BytePath, childPath, fsPath } from './byte-path.ts';
import { type FileFacts, lookAt } from './file-facts.ts';
import type { TimeSlice } from './time-slice.ts';

/** A real file as it was found. */
export interface FoundFile {
  readonly path: BytePath;
  readonly facts: FileFacts;
  /** Of a directory, by name. */
  readonly children: ReadonlyMap<string, FoundFile>;
}

/**
 * A look at everything below a directory. Directories that their owner may not read are made readable; `close` gives
 * them their modes back, so it has to be called when the files have been read.
 */
export class Scan {
  readonly #slice: TimeSlice;
  /** Directories that something else is mounted on, and where what they are without that lies. */
  readonly #covered: ReadonlyMap<BytePath, BytePath>;
  readonly #opened: { readonly path: BytePath; readonly mode: number }[] = [];

  constructor(slice: TimeSlice, covered: ReadonlyMap<BytePath, BytePath>) {
    this.#slice = slice;
    this.#covered = covered;
  }

  /** What is at `path`, and where that is a directory, all below it; undefined where nothing is. */
  async find(path: BytePath): Promise<FoundFile | undefined> {
    const at = this.#covered.get(path) ?? path;
    const facts = lookAt(at);
    if (facts === undefined) return undefined;
    const children = new Map<string, FoundFile>();
    if (facts.kind !== 'directory') return { path: at, facts, children };
    const found = { path: at, facts: this.#open(at, facts), children };
    for (const name of readdirSync(fsPath(at), { encoding: 'latin1' })) {
      await this.#slice.breathe();
      // What was deleted since the directory was read is not there.
      const child = await this.find(childPath(at, name));
      if (child !== undefined) children.set(name, child);
    }
    return found;
  }

  close(): void {
    for (const { path, mode } of this.#opened.splice(0).toReversed()) chmodSync(fsPath(path), mode);
  }

  /** What the directory is then, but for its mode: its change time is another one. */
  #open(path: BytePath, facts: FileFacts): FileFacts {
    const { mode, uid } = facts;
    if ((mode & 0o500) === 0o500 || process.geteuid?.() !== uid) return facts;
    chmodSync(fsPath(path), mode | 0o700);
    this.#opened.push({ path, mode });
    return { ...(lookAt(path) ?? facts), mode };
  }
}
