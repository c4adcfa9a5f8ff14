import type { DeviceNumber } from '@dmthin/domain';

export interface LoopDevice {
  /** The node, `/dev/loop3`. */
  readonly path: string;
  readonly number: DeviceNumber;
  /** The file behind it, as it was named when it was attached. */
  readonly file: string;
}

export interface AttachOptions {
  readonly readOnly?: boolean | undefined;
}

/** Block devices over files. */
export interface LoopDevices {
  /**
   * Attaches `file` to a free loop device that detaches itself when its last user goes, with direct I/O where the
   * file system allows it. A file that is attached already is given its loop device again (identity by device and inode).
   * A user is a mount or a table. One that has had none stays until it is detached, or this process ends; one that has
   * had some goes with them at the latest when it has been detached or this process has ended.
   * @throws DmError NOT_FOUND: no such file. NO_SPACE: no loop device is free. NOT_PERMITTED.
   */
  attach(file: string, options?: AttachOptions): Promise<LoopDevice>;
  /** The loop device that `file` is attached to; undefined where there is none. */
  find(file: string): Promise<LoopDevice | undefined>;
  /** Every attached loop device, by ascending minor. */
  list(): Promise<readonly LoopDevice[]>;
  /** Takes over the file's present size (LOOP_SET_CAPACITY). @throws DmError NOT_FOUND: not attached. */
  refreshSize(loop: LoopDevice): Promise<void>;
  /** Detaches; a loop device in use goes when its last user does. Succeeds where it is gone already. */
  detach(loop: LoopDevice): Promise<void>;
}
