import type { ThinId } from '@dmthin/domain';
import type { DeviceDetails } from '../format/device-details.ts';

/** A thin device that is open; one object per device, however often it is open. Its counts are ahead of the last commit. */
export interface ThinDevice extends DeviceDetails {
  readonly id: ThinId;
  /** How often it is open. */
  readonly openCount: number;
  /** Whether it changed since the last commit. */
  readonly isChanged: boolean;
  /** Whether changes of it were lost when the last transaction was aborted. */
  readonly hasLostChanges: boolean;
}

/** A thin device in core (struct dm_thin_device). */
export class ThinRecord implements ThinDevice {
  readonly id: ThinId;
  readonly transactionId: bigint;
  readonly creationTime: number;
  mappedBlocks: number;
  snapshottedTime: number;
  openCount = 0;
  /** Orders devices by when they came in core. */
  readonly sequence: number;
  isChanged = false;
  hasLostChanges = false;
  /**
   * Set by an abort that took changes along: the counts here are still those of before, as the kernel goes on showing
   * them, but are read anew before the next change.
   */
  isStale = false;

  constructor(id: ThinId, details: DeviceDetails, sequence: number) {
    this.id = id;
    this.transactionId = details.transactionId;
    this.creationTime = details.creationTime;
    this.mappedBlocks = details.mappedBlocks;
    this.snapshottedTime = details.snapshottedTime;
    this.sequence = sequence;
  }
}
