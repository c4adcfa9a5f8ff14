import type { DeviceNumber } from '@dmthin/domain';
import { numberKey } from '../block/block-node.ts';
import { Refusal } from '../errno/refusal.ts';

export type DiskOperation = 'read' | 'write' | 'discard' | 'flush';

/** What a bad disk fails at, with EIO; everything where nothing is said. */
export interface DiskFault {
  readonly operations?: readonly DiskOperation[] | undefined;
  /** The bytes that are bad: from `from` up to `to`. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** How many accesses still succeed before it starts. */
  readonly after?: number | undefined;
}

/** The disks that were told to fail. */
export class DiskFaults {
  readonly #faults = new Map<number, { readonly fault: DiskFault; left: number }>();

  get isOrdered(): boolean {
    return this.#faults.size > 0;
  }

  order(disk: DeviceNumber, fault: DiskFault): void {
    this.#faults.set(numberKey(disk), { fault, left: fault.after ?? 0 });
  }

  /** The disk is well again. */
  mend(disk: DeviceNumber): void {
    this.#faults.delete(numberKey(disk));
  }

  /** @throws Refusal EIO: this access was told to fail. */
  check(disk: DeviceNumber, operation: DiskOperation, offset: number, length: number): void {
    const ordered = this.#faults.get(numberKey(disk));
    if (ordered === undefined) return;
    const { operations, from = 0, to = Number.POSITIVE_INFINITY } = ordered.fault;
    if (operations !== undefined && !operations.includes(operation)) return;
    if (operation !== 'flush' && (offset + length <= from || offset >= to)) return;
    if (ordered.left-- > 0) return;
    throw new Refusal('EIO', `critical medium error, ${operation} at byte ${offset}`);
  }
}
