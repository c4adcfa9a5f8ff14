import type { BlockNode } from '../block/block-node.ts';

/** The mapped device that a target belongs to, as the target sees it. */
export interface OwnDevice extends BlockNode {
  readonly name: string;
  /** By a command. */
  readonly isSuspended: boolean;
  /** Raises its event number. */
  event(): void;
  /** Stops its I/O without a command, as often as needed; `resumeInternally` as often lets it go on. */
  suspendInternally(): void;
  resumeInternally(): void;
}
