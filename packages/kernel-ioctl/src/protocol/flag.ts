/** Bits of `dm_ioctl.flags` (linux/dm-ioctl.h). The kernel hands back every bit it does not use as it came. */
export const FLAG = {
  /** In a load: the table is read-only. In a reply: the device is. */
  readOnly: 0x1,
  /** In `suspend`: suspend, do not resume. In a reply: suspended by a command. */
  suspend: 0x2,
  /** libdm's own; the kernel only echoes it. */
  exists: 0x4,
  /** In a create: the minor is given. */
  persistentDevice: 0x8,
  /** In `tableStatus` and `wait`: the table's lines, not its status. */
  statusTable: 0x10,
  activePresent: 0x20,
  inactivePresent: 0x40,
  /** In a reply: the payload did not fit, ask again with a larger buffer. */
  bufferFull: 0x100,
  /** Of no meaning any more. */
  skipBdget: 0x200,
  skipLockfs: 0x400,
  noFlush: 0x800,
  queryInactive: 0x1000,
  /** In a reply: a uevent with the cookie went out, so udev will complete it. */
  ueventGenerated: 0x2000,
  /** In a rename: the payload is a uuid. In a list: append uuids. */
  uuid: 0x4000,
  /** The kernel wipes its copies of the buffer, and the caller's before it fills it. */
  secureData: 0x8000,
  /** In a reply: the message has an answer. */
  dataOut: 0x1_0000,
  deferredRemove: 0x2_0000,
  internalSuspend: 0x4_0000,
  imaMeasurement: 0x8_0000,
} as const;

export type FlagName = keyof typeof FLAG;

/** The names of the bits that are set, for people who read a trace; a bit without a name is shown in hex. */
export function flagNames(flags: number): readonly string[] {
  const known = (Object.keys(FLAG) as FlagName[]).filter((name) => (flags & FLAG[name]) !== 0);
  const rest = (flags & ~known.reduce((bits, name) => bits | FLAG[name], 0)) >>> 0;
  return rest === 0 ? known : [...known, `0x${rest.toString(16)}`];
}
