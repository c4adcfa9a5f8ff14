import type { Bytes, DeviceName } from '@dmthin/domain';
import type { PoolIdentity } from '@dmthin/ports';

/** What is below a pool that the driver makes: a block device, often a loop device over a file. */
export interface BackingDevice {
  /** The block device: `/dev/loop3`, or what dm.datadev names. */
  readonly path: string;
  /** The file behind the loop device; undefined where a device was given. */
  readonly loopFile: string | undefined;
}

/** Where the pool comes from. */
export interface PoolSource {
  readonly name: DeviceName;
  readonly blockSize: Bytes;
  /** Undefined for a pool from outside, which is never made or removed, and takes what its owner gives its devices. */
  readonly backing: { readonly data: BackingDevice; readonly metadata: BackingDevice } | undefined;
  /** The device was made just now, and is taken away again where opening fails. */
  readonly isMadeNow: boolean;
  readonly identity: PoolIdentity;
}
