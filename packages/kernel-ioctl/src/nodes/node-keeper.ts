import type { DeviceNumber } from '@dmthin/domain';

/** What a change did to the nodes under /dev/mapper. */
export type NodeChange =
  | { readonly kind: 'made'; readonly name: string; readonly number: DeviceNumber }
  | { readonly kind: 'removed'; readonly name: string }
  | { readonly kind: 'renamed'; readonly from: string; readonly to: string; readonly number: DeviceNumber };

/** Who sees to the nodes under /dev/mapper: this process, or udev. */
export interface NodeKeeper {
  /** Before a resume, remove or rename: what to send as its event number, the udev cookie; 0 is none. */
  announce(): number;
  /**
   * After it: what it did, and whether a uevent with the cookie went out. A change that failed is `undefined`.
   * Every `announce` is followed by one of these.
   */
  done(change: NodeChange | undefined, ueventGenerated: boolean): void;
  /**
   * The nodes are as they should be when this returns; called before a table may name one, and at the end.
   * @throws DmError TIMED_OUT: udev did not answer in time.
   */
  settle(): void;
}

/** Sees to nothing: for a kernel in memory. */
export const NO_NODES: NodeKeeper = {
  announce: () => 0,
  done: () => undefined,
  settle: () => undefined,
};
