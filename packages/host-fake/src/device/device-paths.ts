import { lstat, readlink } from 'node:fs/promises';
import { dirname, posix, resolve } from 'node:path';
import type { DeviceNumber } from '@dmthin/domain';
import type { BlockLayer } from '@dmthin/ports';
import { asHostError, hostError } from '../error/host-error.ts';

/** As many as the kernel follows (MAXSYMLINKS). */
const MAX_LINKS = 40;

/** Finds the block device that a path names: nodes of mapped and loop devices, and links of the real host to them. */
export class DevicePaths {
  readonly #layer: BlockLayer;
  readonly #lookup: (path: string) => DeviceNumber | undefined;

  constructor(layer: BlockLayer, lookup: (path: string) => DeviceNumber | undefined) {
    this.#layer = layer;
    this.#lookup = lookup;
  }

  /** @throws DmError NOT_FOUND: no such path. INVALID_ARGUMENT (ENOTBLK): not a block device. */
  async resolve(operation: string, path: string): Promise<DeviceNumber> {
    let at = path;
    for (let links = 0; links <= MAX_LINKS; links++) {
      const number = this.#known(at);
      if (number !== undefined) return number;
      const target = await this.#linkTarget(operation, path, at);
      at = resolve(dirname(at), target);
    }
    throw hostError(operation, path, 'ELOOP', `it is behind more than ${MAX_LINKS} symbolic links`);
  }

  #known(path: string): DeviceNumber | undefined {
    const normal = posix.normalize(path);
    return this.#lookup(normal) ?? this.#layer.lookup(normal);
  }

  async #linkTarget(operation: string, path: string, at: string): Promise<string> {
    try {
      const found = await lstat(at);
      if (found.isSymbolicLink()) return await readlink(at);
    } catch (error) {
      throw asHostError(operation, path, error);
    }
    throw hostError(operation, path, 'ENOTBLK', 'it is not a block device of this fake host', {
      remedy: 'Attach a file to a loop device and name that, or name a device under /dev/mapper.',
    });
  }
}
