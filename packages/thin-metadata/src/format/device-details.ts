import { getU64 } from './u64.ts';

/** Bytes of a device's details (struct disk_device_details). */
export const DETAILS_SIZE = 24;

/** What the pool records of a thin device besides its mappings. */
export interface DeviceDetails {
  /** How many blocks are mapped, shared or not. */
  readonly mappedBlocks: number;
  /** The pool's transaction id when the device was made. */
  readonly transactionId: bigint;
  /** The pool's time when the device was made. */
  readonly creationTime: number;
  /** The pool's time when it was last snapshotted, or made. Mappings older than this are taken for shared. */
  readonly snapshottedTime: number;
}

export function decodeDetails(view: DataView, offset: number): DeviceDetails {
  return {
    mappedBlocks: getU64(view, offset),
    transactionId: view.getBigUint64(offset + 8, true),
    creationTime: view.getUint32(offset + 16, true),
    snapshottedTime: view.getUint32(offset + 20, true),
  };
}

/** The details as the words a btree stores. */
export function detailsWords(details: DeviceDetails): readonly number[] {
  return [
    details.mappedBlocks >>> 0,
    Math.floor(details.mappedBlocks / 0x1_0000_0000),
    Number(details.transactionId & 0xffff_ffffn),
    Number(details.transactionId >> 32n),
    details.creationTime,
    details.snapshottedTime,
  ];
}
