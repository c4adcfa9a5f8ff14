import { existsSync } from 'node:fs';
import { DmError } from '@dmthin/domain';
import type { NodeChange, NodeKeeper } from './node-keeper.ts';
import { OwnNodes } from './own-nodes.ts';
import { addToSemaphore, awaitZero, type CookieSemaphore, createSemaphore, removeSemaphore } from './semaphore.ts';

/** libdm-common.h: the uevent comes from the change itself, not from a `udevadm trigger`. */
const PRIMARY_SOURCE = 0x40;
const DISABLE_LIBRARY_FALLBACK = 0x20;
const COOKIE_FLAGS = PRIMARY_SOURCE | DISABLE_LIBRARY_FALLBACK;

/** Where udevd listens while it runs (libudev's own test). */
const UDEV_CONTROL = '/run/udev/control';

export interface UdevNodesOptions {
  /** How long `settle` waits for udev. */
  readonly limitMs: number;
  /** Told the id of the semaphore in use, and `undefined` once it is gone, so that it can be removed after a crash. */
  readonly onSemaphore?: ((id: number | undefined) => void) | undefined;
}

/** Whether udev sees to device-mapper's nodes here: it runs, and nobody said to leave it out (DM_DISABLE_UDEV). */
export function udevRuns(): boolean {
  const { DM_DISABLE_UDEV: disabled } = process.env;
  return disabled === undefined && existsSync(UDEV_CONTROL);
}

/**
 * Leaves the nodes to udev and waits for it, as libdm does: each change carries a cookie, a semaphore's name; udev's
 * rules count the semaphore down when they are done with the uevent. Changes that follow one another share a cookie.
 */
export class UdevNodes implements NodeKeeper {
  readonly #options: UdevNodesOptions;
  readonly #own = new OwnNodes();
  readonly #changes: NodeChange[] = [];
  #semaphore: CookieSemaphore | undefined;

  constructor(options: UdevNodesOptions) {
    this.#options = options;
  }

  announce(): number {
    this.#semaphore ??= this.#open();
    addToSemaphore(this.#semaphore.id, 1);
    return COOKIE_FLAGS * 0x1_0000 + this.#semaphore.cookie;
  }

  done(change: NodeChange | undefined, ueventGenerated: boolean): void {
    // Nobody else will count this one down (dm-kernel.md 6.3).
    if (this.#semaphore !== undefined && !ueventGenerated) addToSemaphore(this.#semaphore.id, -1);
    if (change !== undefined) this.#changes.push(change);
  }

  settle(): void {
    const semaphore = this.#semaphore;
    const changes = this.#changes.splice(0);
    if (semaphore === undefined) return;
    let isDone: boolean;
    try {
      addToSemaphore(semaphore.id, -1);
      isDone = awaitZero(semaphore.id, this.#options.limitMs);
    } finally {
      this.#semaphore = undefined;
      removeSemaphore(semaphore.id);
      this.#options.onSemaphore?.(undefined);
    }
    if (!isDone)
      throw new DmError(
        'TIMED_OUT',
        `device-mapper: udev was not done with ${names(changes)} in ${this.#options.limitMs} ms`,
        {
          operation: 'udev wait',
          subject: names(changes),
          remedy:
            'The change itself is done. See whether systemd-udevd answers (udevadm settle), or set DM_DISABLE_UDEV=1.',
        },
      );
    // udev's rules may have been told to leave a device alone, and it writes some names otherwise (as \\x20): the node is
    // promised all the same. Where udev did its work there is nothing left to do.
    for (const change of changes) this.#own.done(change);
  }

  #open(): CookieSemaphore {
    const semaphore = createSemaphore();
    this.#options.onSemaphore?.(semaphore.id);
    return semaphore;
  }
}

function names(changes: readonly NodeChange[]): string {
  return changes.map((change) => (change.kind === 'renamed' ? change.to : change.name)).join(', ');
}
