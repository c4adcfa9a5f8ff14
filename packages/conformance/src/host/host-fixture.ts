import type { BlockDevices, FileAttributes, Filesystems, LoopDevices, Mounts } from '@dmthin/ports';

/** What a host may be unable to do here; a case that needs it is skipped, and says why. */
export type HostCapability =
  /** mkfs.ext4 and mounting it. */
  | 'ext4'
  /** mkfs.xfs and mounting it. */
  | 'xfs'
  /** Discarded parts of a loop device read as zero. */
  | 'discard'
  /** This user may give files away and make device nodes. */
  | 'ownership'
  /** Files may have extended attributes. */
  | 'attributes'
  /** File names may be any bytes. */
  | 'byteNames';

/** A host that is put to the test. */
export interface HostUnderTest {
  readonly blockDevices: BlockDevices;
  readonly loopDevices: LoopDevices;
  readonly filesystems: Filesystems;
  readonly mounts: Mounts;
  readonly fileAttributes: FileAttributes;
  /** An empty directory, absolute and without links on the way, for disk files of up to 1 GiB (sparse) and mount points. */
  readonly scratch: string;
  /** What it cannot do here, and why. */
  readonly lacks?: Readonly<Partial<Record<HostCapability, string>>> | undefined;
}

export interface HostFixture<Host extends HostUnderTest = HostUnderTest> {
  /** Called before every case. A string: why there is no such host here; every case is skipped with it. */
  setup(): Promise<Host | string>;
  /** Called after every case; takes away what the case has left, mounts and loop devices included. */
  teardown(host: Host): Promise<void>;
}
