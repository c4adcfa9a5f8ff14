import { constants } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type FilesystemType, sameDevice } from '@dmthin/domain';
import type { CancelSignal, FilesystemInfo, Filesystems, MakeOptions } from '@dmthin/ports';
import { systemError } from '../error/system-error.ts';
import type { HostThreads } from '../thread/host-threads.ts';
import { growCommand, makeCommands } from './mkfs-command.ts';
import { runTool, toolPath } from './run-tool.ts';

/** As Docker prefers them. */
const PREFERRED: readonly FilesystemType[] = ['xfs', 'ext4'];

/** The filesystems of this machine: found by their magic, made and grown by their own tools. */
export class LinuxFilesystems implements Filesystems {
  readonly #threads: HostThreads;

  constructor(threads: HostThreads) {
    this.#threads = threads;
  }

  async supported(): Promise<readonly FilesystemType[]> {
    const found: FilesystemType[] = [];
    for (const type of PREFERRED)
      if ((await isInstalled(`mkfs.${type}`)) && (await this.#threads.run('kernelHas', [type]))) found.push(type);
    return found;
  }

  probe(path: string): Promise<FilesystemInfo | undefined> {
    return this.#threads.run('probeDevice', [path]);
  }

  async make(path: string, options: MakeOptions, signal?: CancelSignal): Promise<void> {
    await this.#threads.run('requireUnused', [path], signal);
    for (const command of makeCommands(path, options)) await runTool(command, path, signal);
  }

  async grow(path: string, mountPoint: string, type: FilesystemType, signal?: CancelSignal): Promise<void> {
    const number = await this.#threads.run('identifyDevice', [path], signal);
    const mount = await this.#threads.run('findMount', [mountPoint], signal);
    if (mount === undefined || !sameDevice(mount.number, number))
      throw systemError('grow', path, 'ENOENT', `it is not mounted at ${mountPoint}`);
    // By its own name: resize2fs looks for the device among the mounts.
    await runTool(growCommand(await realpath(path), mountPoint, type), path, signal);
  }

  setNoSpaceRetries(path: string, retries: bigint): Promise<void> {
    return this.#threads.run('setNoSpaceRetries', [path, retries]);
  }
}

async function isInstalled(program: string): Promise<boolean> {
  for (const directory of toolPath()) {
    const isThere = await access(join(directory, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}
