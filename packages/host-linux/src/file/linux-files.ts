import type { LastingFiles, NewDirectory, SmallFiles } from '@dmthin/ports';
import type { HostThreads } from '../thread/host-threads.ts';

/** Files of this machine; each call is one hop to a thread. */
export class LinuxFiles implements SmallFiles, LastingFiles {
  readonly #threads: HostThreads;

  constructor(threads: HostThreads) {
    this.#threads = threads;
  }

  ensureDirectory(path: string, made: NewDirectory): Promise<void> {
    return this.#threads.run('ensureDirectory', [path, made]);
  }

  removeDirectory(path: string): Promise<void> {
    return this.#threads.run('removeDirectory', [path]);
  }

  ensureText(path: string, text: string, mode: number): Promise<void> {
    return this.#threads.run('ensureText', [path, text, mode]);
  }

  replace(path: string, draft: string, content: Uint8Array): Promise<void> {
    return this.#threads.run('replaceFile', [path, draft, content]);
  }

  remove(path: string): Promise<void> {
    return this.#threads.run('removeFile', [path]);
  }
}
