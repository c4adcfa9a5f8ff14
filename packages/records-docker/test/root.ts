import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadedRecords, LogLevel, Records } from '@dmthin/ports';
import { type Disk, openDockerRecords } from '@dmthin/records-docker';

/** A Docker root in a temporary directory. */
export class TemporaryRoot implements AsyncDisposable {
  readonly directory: string;
  readonly messages: { readonly level: LogLevel; readonly message: string }[] = [];

  constructor(directory: string) {
    this.directory = directory;
  }

  static async make(): Promise<TemporaryRoot> {
    return new TemporaryRoot(await mkdtemp(join(tmpdir(), 'dmthin-records-')));
  }

  open(disk?: Disk): Promise<Records> {
    return openDockerRecords({
      directory: this.directory,
      isDurable: false,
      log: { write: (level, message) => void this.messages.push({ level, message }) },
      disk,
    });
  }

  async load(disk?: Disk): Promise<LoadedRecords> {
    const records = await this.open(disk);
    try {
      return await records.load();
    } finally {
      await records.close();
    }
  }

  path(...names: readonly string[]): string {
    return join(this.directory, ...names);
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await mkdir(join(this.path(path), '..'), { recursive: true });
    await writeFile(this.path(path), content);
  }

  read(path: string): Promise<string> {
    return readFile(this.path(path), 'utf8');
  }

  /** The names in a directory, sorted; none where there is no such directory. */
  async names(path: string): Promise<readonly string[]> {
    return (await readdir(this.path(path)).catch(() => [])).sort();
  }

  /** As if the process that has the root had died: a test cannot die itself. */
  async forgetLock(): Promise<void> {
    for (const name of await this.names('dmthin')) if (name.startsWith('lock.')) await rm(this.path('dmthin', name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
