import type { DeviceNumber } from '@dmthin/domain';
import type { BlockStore } from '@dmthin/ports';
import { Refusal } from '../errno/refusal.ts';
import type { DiskFaults } from '../fault/disk-faults.ts';
import type { BlockNode } from './block-node.ts';
import { Openings } from './openings.ts';

/** A store that can fill bytes that are there already, and so saves a copy. */
interface FillingStore extends BlockStore {
  readInto(offset: number, into: Uint8Array): void;
}

/** A plain disk, such as a loop device: a store under a number. */
export class Disk implements BlockNode {
  readonly number: DeviceNumber;
  readonly store: BlockStore;
  readonly openings: Openings = new Openings();
  readonly isReadOnly = false;
  readonly isStalled = false;
  readonly hasWriteCache = true;
  readonly #faults: DiskFaults;
  readonly #onLastClose: (disk: Disk) => void;

  constructor(number: DeviceNumber, store: BlockStore, faults: DiskFaults, onLastClose: (disk: Disk) => void) {
    this.number = number;
    this.store = store;
    this.#faults = faults;
    this.#onLastClose = onLastClose;
  }

  get size(): number {
    return this.store.size;
  }

  /** A loop device without a file takes none. */
  get canDiscard(): boolean {
    return this.size > 0;
  }

  read(offset: number, into: Uint8Array): void {
    this.#check('read', offset, into.length);
    if (fills(this.store)) this.store.readInto(offset, into);
    else into.set(this.store.read(offset, into.length));
  }

  write(offset: number, data: Uint8Array): void {
    this.#check('write', offset, data.length);
    this.store.write(offset, data);
  }

  discard(offset: number, length: number): void {
    this.#check('discard', offset, length);
    this.store.discard(offset, length);
  }

  flush(): void {
    this.#check('flush', 0, 0);
    this.store.flush();
  }

  assertOpenable(): void {}

  lastClosed(): void {
    this.#onLastClose(this);
  }

  #check(operation: 'read' | 'write' | 'discard' | 'flush', offset: number, length: number): void {
    if (offset + length > this.store.size) throw new Refusal('EIO', 'attempt to access beyond end of device');
    if (this.#faults.isOrdered) this.#faults.check(this.number, operation, offset, length);
  }
}

function fills(store: BlockStore): store is FillingStore {
  return 'readInto' in store;
}
