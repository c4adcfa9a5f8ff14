import type { DeviceName, DeviceNumber, DeviceUuid, Sectors, Table } from '@dmthin/domain';
import type { CancelSignal } from './abort.ts';

/** What a kernel can do; constant for the life of the object. The conformance suite reads it to choose its cases. */
export interface KernelCapabilities {
  /** Errors carry the errno the kernel gave. Without it some errnos are told apart only by a program's words. */
  readonly exactErrno: boolean;
  /** `remove` with `deferred` is known (driver 4.27). */
  readonly deferredRemove: boolean;
  /** `waitEvent` wakes on the event itself; without it, it asks again from time to time. */
  readonly events: boolean;
  /** Device nodes are made by udev, and every change waits until udev is done with it. */
  readonly udevSync: boolean;
  /** `sequence` runs in one hop to whoever does the calls (a worker thread, one program run). */
  readonly batches: boolean;
}

/** Versions as device-mapper prints them. */
export interface KernelVersion {
  /** The driver's, such as `4.47.0`. */
  readonly driver: string;
  /** libdevmapper's, such as `1.02.185 (2022-05-18)`; undefined where no library is used. */
  readonly library: string | undefined;
}

export interface TargetVersion {
  /** `thin-pool`, `linear`, ... */
  readonly type: string;
  /** Such as `1.22.0`. */
  readonly version: string;
}

export interface ListedDevice {
  readonly name: DeviceName;
  readonly number: DeviceNumber;
}

/** DM_DEV_STATUS: a device's state without its tables. */
export interface DeviceInfo {
  readonly name: DeviceName;
  readonly uuid: DeviceUuid | undefined;
  readonly number: DeviceNumber;
  /** How many hold it open: mounts, files, tables of other devices. */
  readonly openCount: number;
  /** Grows by one with each event of the device; a counter of 32 bits. */
  readonly eventNumber: number;
  readonly hasLiveTable: boolean;
  readonly hasInactiveTable: boolean;
  /** Suspended by a command. */
  readonly isSuspended: boolean;
  /** A thin device whose pool is suspended. */
  readonly isInternallySuspended: boolean;
  readonly isReadOnly: boolean;
  /** Marked: goes when the last that holds it open lets go. */
  readonly isDeferredRemove: boolean;
}

/** One target's status line; `text` is the target's own (parsePoolStatus, parseThinStatus read it). */
export interface TargetStatus {
  readonly start: Sectors;
  readonly length: Sectors;
  readonly type: string;
  readonly text: string;
}

export interface CreateOptions {
  readonly uuid?: DeviceUuid | undefined;
  /** The minor wanted; the lowest free one where it is not given. */
  readonly minor?: number | undefined;
}
export interface LoadOptions {
  readonly readOnly?: boolean | undefined;
}
export interface SuspendOptions {
  /** Leave queued I/O queued, do not wait for it. */
  readonly noFlush?: boolean | undefined;
  /** Do not freeze (and so sync) the filesystem that is mounted on the device. */
  readonly skipLockfs?: boolean | undefined;
}
export interface RemoveOptions {
  /** Where the device is open, mark it and succeed; it goes with its last close. */
  readonly deferred?: boolean | undefined;
}
export interface StatusOptions {
  /** Do not make a thin pool commit before it answers. */
  readonly noFlush?: boolean | undefined;
  /** Of the inactive table. */
  readonly inactive?: boolean | undefined;
}

/** A change of device-mapper as a value, for `Kernel.sequence`. */
export type KernelCommand =
  | ({ readonly command: 'create'; readonly device: DeviceName } & CreateOptions)
  | ({ readonly command: 'load'; readonly device: DeviceName; readonly table: Table } & LoadOptions)
  | ({ readonly command: 'resume' | 'suspend'; readonly device: DeviceName } & SuspendOptions)
  | { readonly command: 'clear'; readonly device: DeviceName }
  | ({ readonly command: 'remove'; readonly device: DeviceName } & RemoveOptions)
  | { readonly command: 'message'; readonly device: DeviceName; readonly sector: Sectors; readonly text: string };

/**
 * The device-mapper control interface (Linux `dm-ioctl.h`, version 4), as the engine sees it: one method a command,
 * in the kernel's words. A command that fails changed nothing, except where its text says otherwise.
 *
 * Every method rejects with DmError `NOT_PERMITTED` (EACCES) without CAP_SYS_ADMIN, `CLOSED` after `close`, and
 * `ABORTED` when its signal fires before the kernel was asked; a command under way is not taken back. All that name a
 * device reject with `NOT_FOUND` (ENXIO) where there is none of that name.
 */
export interface Kernel {
  readonly capabilities: KernelCapabilities;

  /** @throws DmError UNAVAILABLE: no device-mapper here. */
  version(): Promise<KernelVersion>;

  /** The target types this kernel has loaded, the newest first. */
  targets(): Promise<readonly TargetVersion[]>;

  /** Every mapped device, in byte order of names. */
  list(): Promise<readonly ListedDevice[]>;

  info(device: DeviceName): Promise<DeviceInfo>;

  /**
   * Makes a device without a table; it has no node until its first `resume`.
   * @throws DmError ALREADY_EXISTS (EBUSY): the name or uuid is taken. (ENXIO): the minor is.
   */
  create(device: DeviceName, options?: CreateOptions, signal?: CancelSignal): Promise<void>;

  /**
   * Puts `table` into the inactive slot; the targets open their devices now, and a thin-pool formats empty metadata
   * now. A table that was in the slot goes.
   * @throws DmError INVALID_ARGUMENT (EINVAL, EOVERFLOW): a table no target accepts. NOT_FOUND (ENXIO, ENODEV): a device
   * it names. NO_DATA (ENODATA): a thin id its pool does not know. BUSY (EBUSY): a device it names is claimed.
   * @throws DmError CORRUPT (EILSEQ, ENOTBLK): the pool's metadata. NOT_PERMITTED (EPERM): format in a read-only pool.
   */
  load(device: DeviceName, table: Table, options?: LoadOptions, signal?: CancelSignal): Promise<void>;

  /**
   * Makes the inactive table live, and lets I/O go on. Where the new table fails, the device stays suspended.
   * The node under /dev/mapper is there when this resolves.
   * @throws DmError INVALID_ARGUMENT (EINVAL): no table at all, a table that does not fit the devices below, a pool that
   * would shrink. NO_SPACE (ENOSPC): metadata too small.
   */
  resume(device: DeviceName, options?: SuspendOptions, signal?: CancelSignal): Promise<void>;

  /**
   * Stops I/O: waits for what is in flight and holds back the rest until `resume`. A mounted filesystem is frozen,
   * which syncs it. Suspending a suspended device succeeds.
   */
  suspend(device: DeviceName, options?: SuspendOptions, signal?: CancelSignal): Promise<void>;

  /** Empties the inactive slot; succeeds where it is empty. */
  clear(device: DeviceName, signal?: CancelSignal): Promise<void>;

  /**
   * Removes a device and its node.
   * @throws DmError BUSY (EBUSY): it is open, and `deferred` was not asked for.
   */
  remove(device: DeviceName, options?: RemoveOptions, signal?: CancelSignal): Promise<void>;

  /** @throws DmError ALREADY_EXISTS (EBUSY): the new name is taken. */
  rename(device: DeviceName, to: DeviceName, signal?: CancelSignal): Promise<void>;

  /** @throws DmError ALREADY_EXISTS (EBUSY): the uuid is taken. INVALID_ARGUMENT (EINVAL): the device has one. */
  setUuid(device: DeviceName, uuid: DeviceUuid, signal?: CancelSignal): Promise<void>;

  /** The status of each target of the live table; none where there is no table. A thin-pool commits first. */
  status(device: DeviceName, options?: StatusOptions, signal?: CancelSignal): Promise<readonly TargetStatus[]>;

  /** The live (or inactive) table, as the targets print it; empty where there is none. */
  table(device: DeviceName, options?: Pick<StatusOptions, 'inactive'>): Promise<Table>;

  /** The devices that the live table uses, the last named first. */
  deps(device: DeviceName, options?: Pick<StatusOptions, 'inactive'>): Promise<readonly DeviceNumber[]>;

  /**
   * Sends a message to the target that covers `sector` of the live table; resolves to the target's answer, where it
   * has one. A pool commits its metadata before it answers: one data flush, two metadata flushes.
   * @throws DmError INVALID_ARGUMENT (EINVAL): no live table, unknown message, wrong arguments.
   * @throws DmError ALREADY_EXISTS (EEXIST), NO_DATA (ENODATA), BUSY (EBUSY), READ_ONLY (EOPNOTSUPP), NO_SPACE (ENOSPC):
   * the pool's own answers.
   */
  message(device: DeviceName, sector: Sectors, text: string, signal?: CancelSignal): Promise<string | undefined>;

  /**
   * Runs the commands in their order and stops at the first that fails; what ran before it stays done. Only a device
   * that is made, given a table and resumed may be gone again where the table or the resume fails (`dmsetup create` does
   * the three, and undoes them).
   * One hop to the kernel where `capabilities.batches`, so that a whole activation costs one.
   * @throws DmError whatever the failing command throws.
   */
  sequence(commands: readonly KernelCommand[], signal?: CancelSignal): Promise<void>;

  /**
   * Resolves to the device's event number once it differs from `seen`. Holds no thread of the shared pool.
   * @throws DmError NOT_FOUND (ENXIO): the device went meanwhile. ABORTED: the signal fired.
   */
  waitEvent(device: DeviceName, seen: number, signal?: CancelSignal): Promise<number>;

  /** Lets go of the control device and ends the waits; devices stay. Closing twice is well. */
  close(): Promise<void>;
}
