/** Structures of linux/loop.h. */
import { type DeviceNumber, decodeDevice } from '@dmthin/domain';

/** `lo_flags`. */
export const LO_FLAGS = { READ_ONLY: 1, AUTOCLEAR: 4, PARTSCAN: 8, DIRECT_IO: 16 } as const;

const INFO_SIZE = 232; // struct loop_info64
const INFO_AT = { device: 0, inode: 8, flags: 52, fileName: 56 } as const;
/** LO_NAME_SIZE, with the NUL. */
const NAME_SIZE = 64;
const CONFIG_SIZE = 304; // struct loop_config: fd, block_size, the info, eight reserved words
const CONFIG_AT = { fd: 0, info: 8 } as const;

export interface LoopInfo {
  /** LO_FLAGS. */
  readonly flags: number;
  /** For people: the kernel knows the file by its descriptor. Cut after 63 bytes. */
  readonly fileName: string;
}

export interface LoopStatus extends LoopInfo {
  /** The file system that the file is on. */
  readonly device: DeviceNumber;
  readonly inode: bigint;
}

/** What LOOP_SET_STATUS64 takes: the whole file, from its start. */
export function encodeLoopInfo({ flags, fileName }: LoopInfo): Uint8Array {
  const info = new Uint8Array(INFO_SIZE);
  new DataView(info.buffer).setUint32(INFO_AT.flags, flags, true);
  info.set(new TextEncoder().encode(fileName).subarray(0, NAME_SIZE - 1), INFO_AT.fileName);
  return info;
}

/** What LOOP_CONFIGURE takes. */
export function encodeLoopConfig(fd: number, info: LoopInfo): Uint8Array {
  const config = new Uint8Array(CONFIG_SIZE);
  new DataView(config.buffer).setUint32(CONFIG_AT.fd, fd, true);
  config.set(encodeLoopInfo(info), CONFIG_AT.info);
  return config;
}

/** What LOOP_GET_STATUS64 gives. */
export function decodeLoopStatus(info: Uint8Array): LoopStatus {
  const view = new DataView(info.buffer, info.byteOffset, info.byteLength);
  const name = info.subarray(INFO_AT.fileName, INFO_AT.fileName + NAME_SIZE);
  return {
    device: decodeDevice(view.getBigUint64(INFO_AT.device, true)),
    inode: view.getBigUint64(INFO_AT.inode, true),
    flags: view.getUint32(INFO_AT.flags, true),
    fileName: new TextDecoder().decode(name.subarray(0, name.indexOf(0))),
  };
}

/** Room for what LOOP_GET_STATUS64 gives. */
export function emptyLoopInfo(): Uint8Array {
  return new Uint8Array(INFO_SIZE);
}
