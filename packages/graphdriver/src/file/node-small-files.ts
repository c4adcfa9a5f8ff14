import { chmod, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import type { FileAttributes, NewDirectory, SmallFiles } from '@dmthin/ports';
import { rawPathOfText } from '../path/raw-path.ts';
import type { GraphDriverPorts } from '../ports.ts';
import { fileError } from './file-error.ts';
import { statFile } from './file-stat.ts';

/** The port's small files, or node's. */
export function smallFilesOf({ smallFiles, fileAttributes }: GraphDriverPorts): SmallFiles {
  return smallFiles ?? new NodeSmallFiles(fileAttributes);
}

/** By the calls that Node has on every platform; owners as the host sees to them. */
class NodeSmallFiles implements SmallFiles {
  readonly #attributes: FileAttributes;

  constructor(attributes: FileAttributes) {
    this.#attributes = attributes;
  }

  async ensureDirectory(path: string, { mode, owner }: NewDirectory): Promise<void> {
    const found = await statFile(rawPathOfText(path));
    if (found?.type === 'directory') return;
    if (found !== undefined)
      throw fileError(Object.assign(new Error(found.type), { code: 'ENOTDIR' }), 'make directory', rawPathOfText(path));
    await during('make directory', path, async () => {
      await mkdir(path, { recursive: true, mode });
      // mkdir's mode is cut by the umask.
      await chmod(path, mode);
    });
    if (owner !== undefined) await this.#attributes.changeOwner(path, owner.uid, owner.gid);
  }

  async removeDirectory(path: string): Promise<void> {
    await during('remove directory', path, () => rmdir(path).catch(unlessMissing));
  }

  async ensureText(path: string, text: string, mode: number): Promise<void> {
    await during('write', path, async () => {
      const found = await readFile(path, 'utf8').catch(unlessMissing);
      if (found !== text) await writeFile(path, text, { mode });
    });
  }
}

async function during(operation: string, path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw fileError(error, operation, rawPathOfText(path));
  }
}

function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
