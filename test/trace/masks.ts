import type { IoctlCall } from './call.ts';

/** A field of a reply that is not compared. */
export interface Mask {
  /** What it hides, and where dm-kernel.md allows it. */
  readonly reason: string;
  /** Makes the field equal in both buffers of a call that has it. */
  hide(call: IoctlCall, expected: Uint8Array, actual: Uint8Array): void;
}

/** All that is not compared. */
export const MASKS: readonly Mask[] = [];
