import type { BlockDevices, Kernel } from '@dmthin/ports';

/** A kernel to be tried, and what is needed around it. Asked for before each case; the kernel may be the same each time. */
export interface KernelFixture {
  readonly kernel: Kernel;
  /** Opens the kernel's devices and the disks. */
  readonly blockDevices: BlockDevices;
  /**
   * Makes an empty block device: all zeros, blocks of 512 bytes, takes discards, not used by anybody.
   * @param sectors its size, in units of 512 bytes.
   * @returns its path.
   */
  disk(sectors: number): Promise<string>;
  /** Takes the disks away. The suite has removed its mapped devices by then. */
  teardown(): Promise<void>;
}

export interface KernelSetup {
  setup(): Promise<KernelFixture>;
}
