import type { ErrnoName } from '@dmthin/domain';
import { hostError } from '../error/host-error.ts';

/** What of a host can be made to fail. */
export type HostOperation =
  | 'attach'
  | 'detach'
  | 'open'
  | 'probe'
  | 'make'
  | 'grow'
  | 'setNoSpaceRetries'
  | 'mount'
  | 'unmount'
  | 'sync'
  | 'inspect'
  | 'createGroup'
  | 'createVolume'
  | 'convertToThinPool'
  | 'setAutoextend';

export interface HostFault {
  readonly operation: HostOperation;
  readonly errno: ErrnoName;
  /** Which call from now on fails, 1 being the next. 1 where it is not given. */
  readonly nth?: number | undefined;
}

/** Failures to order. A call that fails so has done nothing. */
export class HostFaults {
  #pending: { readonly fault: HostFault; left: number }[] = [];

  inject(fault: HostFault): void {
    this.#pending.push({ fault, left: fault.nth ?? 1 });
  }

  clear(): void {
    this.#pending = [];
  }

  /** Counts a call. @throws DmError what was ordered for it. */
  check(operation: HostOperation, subject: string): void {
    const due = this.#pending.filter((one) => one.fault.operation === operation && --one.left === 0);
    this.#pending = this.#pending.filter((one) => one.left > 0);
    const [first] = due;
    if (first !== undefined) throw hostError(operation, subject, first.fault.errno, 'a fault that was ordered');
  }
}
