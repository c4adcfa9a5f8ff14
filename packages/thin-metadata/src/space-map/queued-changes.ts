import { DmError } from '@dmthin/domain';

/** MAX_RECURSIVE_ALLOCATIONS, one place of which stays empty. */
const LIMIT = 1023;

/** A change of the counts of blocks `begin` to `end`. */
export interface Change {
  readonly by: 1 | -1;
  readonly begin: number;
  readonly end: number;
}

/** Changes of reference counts that wait for the one being made; first come, first made. */
export class QueuedChanges {
  #changes: Change[] = [];
  #head = 0;

  /** @throws DmError NO_SPACE (ENOMEM): too many wait. */
  push(change: Change): void {
    if (this.#changes.length - this.#head >= LIMIT)
      throw new DmError('NO_SPACE', `more than ${LIMIT} changes of the metadata space map wait for one another`, {
        errno: 'ENOMEM',
        operation: 'allocate',
      });
    this.#changes.push(change);
  }

  /** Makes them all, those that come in meanwhile too. One being made still counts as waiting (see `net`). */
  drain(make: (change: Change) => void): void {
    while (this.#head < this.#changes.length) {
      make(this.#changes[this.#head] as Change);
      this.#head++;
    }
    if (this.#head > 0) {
      this.#changes = [];
      this.#head = 0;
    }
  }

  /** By how much the waiting changes move the count of a block. */
  net(block: number): number {
    let net = 0;
    for (let i = this.#head; i < this.#changes.length; i++) {
      const { by, begin, end } = this.#changes[i] as Change;
      if (block >= begin && block < end) net += by;
    }
    return net;
  }
}
