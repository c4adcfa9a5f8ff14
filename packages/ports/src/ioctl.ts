/** What ioctl(2) answered. */
export interface IoctlReply {
  /** -1 where the call failed; otherwise 0, or what little the command returns (dm-kernel.md 0.1: a message may say 2). */
  readonly result: number;
  /** The kernel's errno value where `result` is -1, else 0. */
  readonly errno: number;
}

/**
 * One ioctl(2) on the device-mapper control device: the seam between `struct dm_ioctl` and whoever answers it, a real
 * kernel or one in memory. `request` is `0xC138FD00 | nr` (linux/dm-ioctl.h); `buffer` holds the struct and its payload
 * and is read and written in place, as the kernel would. An errno is an answer: this throws for nothing the kernel says.
 */
export type Ioctl = (request: number, buffer: Uint8Array) => IoctlReply | Promise<IoctlReply>;
