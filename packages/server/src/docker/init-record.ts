import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Log } from '@dmthin/ports';
import * as v from 'valibot';
import type { Initialization } from './requests.ts';

const range = v.object({ containerId: v.number(), hostId: v.number(), size: v.number() });
const Stored = v.object({
  home: v.string(),
  options: v.array(v.string()),
  idMaps: v.object({ users: v.array(range), groups: v.array(range) }),
});

/**
 * What dockerd initialised the driver with, in a file beside the socket: dockerd does so once in its life, and goes on
 * with a plugin that was started anew. The file may go with the machine's next start, as dockerd does.
 */
export class InitRecord {
  readonly #path: string;
  readonly #log: Log;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** undefined: there is none, or none that can be read, which is logged. */
  async read(): Promise<Initialization | undefined> {
    try {
      return v.parse(Stored, JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#log.write('warn', `${this.#path} cannot be read, and is passed over`, { error });
      return undefined;
    }
  }

  async write(initialization: Initialization): Promise<void> {
    const draft = `${this.#path}.new`;
    await writeFile(draft, JSON.stringify(initialization), { mode: 0o600 });
    await rename(draft, this.#path);
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
