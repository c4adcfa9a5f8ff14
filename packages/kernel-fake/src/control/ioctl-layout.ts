/** struct dm_ioctl and its constants (linux/dm-ioctl.h, version 4.47.0; dm-kernel.md 1.1 to 1.4). */

/** The ioctl type byte of device-mapper. */
export const DM_IOCTL = 0xfd;
export const VERSION: readonly [number, number, number] = [4, 47, 0];

/** Where the fields are. */
export const OFFSET = {
  version: 0,
  dataSize: 12,
  dataStart: 16,
  targetCount: 20,
  openCount: 24,
  flags: 28,
  eventNumber: 32,
  dev: 40,
  name: 48,
  uuid: 176,
  data: 305,
} as const;

export const NAME_LENGTH = 128;
export const UUID_LENGTH = 129;
/** sizeof(struct dm_ioctl). */
export const HEADER_SIZE = 312;
/** offsetof(struct dm_ioctl, data): the smallest buffer there may be. */
export const MINIMUM_SIZE = 305;
/** DM_MAX_TARGETS * DM_MAX_TARGET_PARAMS. */
export const MAXIMUM_SIZE = 0x4000_0000;
export const MAX_TARGETS = 0x10_0000;

export const FLAG = {
  readOnly: 0x1,
  suspend: 0x2,
  persistentDev: 0x8,
  statusTable: 0x10,
  activePresent: 0x20,
  inactivePresent: 0x40,
  bufferFull: 0x100,
  skipLockfs: 0x400,
  noFlush: 0x800,
  queryInactive: 0x1000,
  ueventGenerated: 0x2000,
  uuid: 0x4000,
  secureData: 0x8000,
  dataOut: 0x10000,
  deferredRemove: 0x20000,
  internalSuspend: 0x40000,
  imaMeasurement: 0x80000,
} as const;

export const COMMAND = {
  version: 0,
  removeAll: 1,
  listDevices: 2,
  create: 3,
  remove: 4,
  rename: 5,
  suspend: 6,
  status: 7,
  wait: 8,
  load: 9,
  clear: 10,
  deps: 11,
  tableStatus: 12,
  listVersions: 13,
  message: 14,
  setGeometry: 15,
  armPoll: 16,
  targetVersion: 17,
} as const;

/** sizeof(struct dm_target_spec), and where its fields are. */
export const SPEC_SIZE = 40;
export const SPEC = { start: 0, length: 8, status: 16, next: 20, type: 24 } as const;
export const TYPE_LENGTH = 16;

/** The next multiple of 8 (ALIGN_MASK in dm-ioctl.c). */
export function align8(offset: number): number {
  return (offset + 7) & ~7;
}
