import { chmodSync, chownSync, lstatSync, mkdirSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type DeviceNumber, DmError, decodeDevice, errnoName, sameDevice } from '@dmthin/domain';
import { makeNode } from '@dmthin/libc';
import type { NodeChange, NodeKeeper } from './node-keeper.ts';

const NODE_DIRECTORY = '/dev/mapper';
/** Nobody's until its owner is set; then root's and the group `disk`'s (group 6 on every distribution), as libdm has it. */
const FIRST_MODE = 0o600;
const MODE = 0o660;
const OWNER = 0;
const GROUP = 6;
const ENOENT = 2;
const EEXIST = 17;

/** Makes and removes the nodes under /dev/mapper itself, where no udev runs. */
export class OwnNodes implements NodeKeeper {
  readonly #directory: string;

  constructor(directory: string = NODE_DIRECTORY) {
    this.#directory = directory;
  }

  announce(): number {
    return 0;
  }

  done(change: NodeChange | undefined): void {
    if (change === undefined) return;
    if (change.kind === 'made') this.make(change.name, change.number);
    if (change.kind === 'renamed') {
      this.make(change.to, change.number);
      this.#remove(change.from);
    }
    if (change.kind === 'removed') this.#remove(change.name);
  }

  settle(): void {
    // `done` left nothing to wait for.
  }

  /**
   * A node that is there and right stays; a stale one, of a device that had this name before, is replaced.
   * @throws DmError CONFLICT: a file of that name is no device. NOT_PERMITTED, NO_SPACE, READ_ONLY: of mknod(2).
   */
  make(name: string, number: DeviceNumber): void {
    const path = join(this.#directory, name);
    for (;;) {
      const { result, errno } = makeNode(path, 'block', FIRST_MODE, number);
      if (result === 0) break;
      if (errno === EEXIST) {
        const found = lstat(path);
        if (found !== undefined && leadsTo(path, found, number)) return;
        if (found !== undefined) this.#unlinkStale(path, found);
        continue;
      }
      if (errno === ENOENT && mkdirSync(this.#directory, { recursive: true }) !== undefined) continue;
      throw new DmError(
        errno === 1 ? 'NOT_PERMITTED' : 'IO',
        `cannot make the node ${path}: ${errnoName(errno) ?? errno}`,
        {
          errno: errnoName(errno),
          operation: 'mknod',
          subject: path,
          remedy: 'The device itself is there; `dmsetup mknodes` makes the nodes that are missing.',
        },
      );
    }
    chownSync(path, OWNER, GROUP);
    chmodSync(path, MODE);
  }

  #unlinkStale(path: string, found: Stats): void {
    if (!found.isBlockDevice() && !found.isSymbolicLink())
      throw new DmError('CONFLICT', `${path} is in the way: it is no block device`, {
        operation: 'mknod',
        subject: path,
        remedy: 'Remove it; nothing but device nodes belongs there.',
      });
    unlink(path);
  }

  #remove(name: string): void {
    const path = join(this.#directory, name);
    const found = lstat(path);
    if (found?.isBlockDevice() === true || found?.isSymbolicLink() === true) unlink(path);
  }
}

function leadsTo(path: string, found: Stats, number: DeviceNumber): boolean {
  const target = found.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : found;
  return target?.isBlockDevice() === true && sameDevice(decodeDevice(BigInt(target.rdev)), number);
}

function lstat(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Whoever else took it away first did what was wanted. */
function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
