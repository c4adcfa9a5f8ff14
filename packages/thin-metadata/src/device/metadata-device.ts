/**
 * Where a pool's metadata lies: a device of 4096-byte blocks. Synchronous, since a fake answers from memory or from
 * the page cache, and a checker reads a file.
 */
export interface MetadataDevice {
  /** Blocks the device has now; may grow while in use. */
  readonly nrBlocks: number;
  /**
   * The block's bytes, 4096 of them, which the caller does not change, and copies where it needs them after the next call.
   * @throws DmError IO (EIO).
   */
  read(block: number): Uint8Array;
  /** Writes 4096 bytes, which are the caller's again afterwards. @throws DmError IO (EIO). */
  write(block: number, bytes: Uint8Array): void;
  /** Everything written so far survives a crash from here on. @throws DmError IO (EIO). */
  flush(): void;
}
