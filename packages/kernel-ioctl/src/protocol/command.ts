/** The commands of the control device, numbered as in linux/dm-ioctl.h (`DM_VERSION_CMD` is 0). */
export const COMMAND = {
  version: 0,
  removeAll: 1,
  listDevices: 2,
  create: 3,
  remove: 4,
  rename: 5,
  /** Suspends with the SUSPEND flag, resumes without it. */
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

export type CommandName = keyof typeof COMMAND;

/** `_IOWR(0xfd, nr, struct dm_ioctl)` without its nr. The kernel looks at the type byte and the nr only. */
const REQUEST_BASE = 0xc138_fd00;

/** The request number for ioctl(2). */
export function requestOf(command: CommandName): number {
  return REQUEST_BASE + COMMAND[command];
}

/** The command of a request number; undefined for none that device-mapper has. */
export function commandOf(request: number): CommandName | undefined {
  return NAMES.get(request - REQUEST_BASE);
}

const NAMES: ReadonlyMap<number, CommandName> = new Map(
  Object.entries(COMMAND).map(([name, nr]) => [nr, name as CommandName]),
);
