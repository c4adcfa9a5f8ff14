import type { FilesystemType } from '../filesystem/filesystem-type.ts';
import { type DeviceName, deviceName } from '../name/device-name.ts';
import type { Percent } from '../size/percent.ts';
import type { Bytes, Sectors } from '../units/units.ts';
import type { DirectLvmOptions } from './direct-lvm-options.ts';

/** What the `dm.` options say, each with its default; the table of them is `OPTION_ROWS`. */
export interface StorageOptions {
  /** Of a new base device. */
  readonly baseSize: Bytes;
  /** Only a size that was given touches a base that exists: a larger one grows it, a smaller one is refused. */
  readonly isBaseSizeGiven: boolean;
  /** Of the sparse file behind a pool that the driver makes itself. */
  readonly loopDataSize: Bytes;
  readonly loopMetadataSize: Bytes;
  /** Only a size that was given touches a file that exists: a larger one grows it. */
  readonly isLoopDataSizeGiven: boolean;
  readonly isLoopMetadataSizeGiven: boolean;
  /** Undefined: the first that the host supports. */
  readonly filesystem: FilesystemType | undefined;
  /** For mkfs, one argument each. */
  readonly mkfsArguments: readonly string[];
  /** For every mount of a volume, one word each (`mountArguments`). */
  readonly mountOptions: readonly string[];
  /** Block device for the pool's data; undefined: a loop device over a file. */
  readonly dataDevice: string | undefined;
  readonly metadataDevice: string | undefined;
  /** A pool from outside, which is neither made nor removed. */
  readonly thinPool: DeviceName | undefined;
  /** Have LVM make the pool `DIRECT_LVM_POOL`. */
  readonly directLvm: DirectLvmOptions | undefined;
  /** Discard a volume's blocks before it is deleted. */
  readonly blockDiscard: boolean;
  /** Of a pool that the driver makes itself. */
  readonly blockSize: Sectors;
  readonly overrideUdevSyncCheck: boolean;
  /** Undefined: as the kernel can (`resolveDeferral`). */
  readonly deferredRemoval: boolean | undefined;
  readonly deferredDeletion: boolean | undefined;
  /** 0: no check. */
  readonly minFreeSpace: Percent;
  /** How often xfs tries again where the pool is full; undefined: for ever, as xfs does. */
  readonly xfsNospaceMaxRetries: bigint | undefined;
  /** The least important level of libdevmapper's messages that is passed on: 2 (fatal) to 7 (debug). */
  readonly libdmLogLevel: number;
}

/** The pool that direct-lvm makes: volume group `docker`, volume `thinpool`. */
export const DIRECT_LVM_POOL: DeviceName = deviceName('docker-thinpool');
