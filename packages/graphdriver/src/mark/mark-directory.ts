import { open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { on, type PortCall, type SmallFiles } from '@dmthin/ports';
import { errnoOf, fileError } from '../file/file-error.ts';
import { syncDirectory } from '../file/sync-directory.ts';
import { rawPathOfText } from '../path/raw-path.ts';

/**
 * A set of short words on disk, each an empty file's name: adding and taking away is one step of the file system, so
 * that none is ever half written, and all are read at once.
 */
export class MarkDirectory {
  readonly #directory: string;
  readonly #marks: Set<string>;

  private constructor(directory: string, marks: Iterable<string>) {
    this.#directory = directory;
    this.#marks = new Set(marks);
  }

  static async open(directory: string): Promise<MarkDirectory> {
    try {
      return new MarkDirectory(directory, await readdir(directory));
    } catch (error) {
      throw fileError(error, 'read', rawPathOfText(directory));
    }
  }

  has(mark: string): boolean {
    return this.#marks.has(mark);
  }

  all(): Iterable<string> {
    return this.#marks;
  }

  /** `lasting`: resolves when a power cut will not take it back. */
  async add(mark: string, { lasting = false }: { readonly lasting?: boolean } = {}): Promise<void> {
    const path = join(this.#directory, mark);
    try {
      await (await open(path, 'w', 0o600)).close();
      if (lasting) await syncDirectory(this.#directory);
    } catch (error) {
      throw fileError(error, 'write', rawPathOfText(path));
    }
    this.#marks.add(mark);
  }

  /** As `add`, by a port whose calls may be put into one hop. */
  adding(files: SmallFiles, mark: string): PortCall {
    return on(files, async () => {
      await files.ensureText(join(this.#directory, mark), '', 0o600);
      this.#marks.add(mark);
    });
  }

  /** Succeeds where there is none. `lasting`: resolves when a power cut will not bring it back. */
  async remove(mark: string, { lasting = false }: { readonly lasting?: boolean } = {}): Promise<void> {
    const path = join(this.#directory, mark);
    try {
      await unlink(path);
      if (lasting) await syncDirectory(this.#directory);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw fileError(error, 'remove', rawPathOfText(path));
    }
    this.#marks.delete(mark);
  }
}
