import { type DeviceNumber, decodeDevice, encodeDevice } from '@dmthin/domain';
import { StructView, terminated } from './struct-view.ts';

/** `sizeof(struct dm_ioctl)`: where a payload begins. */
export const HEADER_SIZE = 312;
/** `offsetof(struct dm_ioctl, data)`: what the kernel takes and gives at the least. */
export const HEADER_MIN = 305;

/** The version a request carries: the oldest the struct has; a kernel refuses only a newer one than its own. */
const REQUEST_VERSION: Version = [4, 0, 0];
const NAME_SIZE = 128; // DM_NAME_LEN
const UUID_SIZE = 129; // DM_UUID_LEN

/** Byte offsets of the fields of `struct dm_ioctl` (linux/dm-ioctl.h). */
const AT = {
  version: 0,
  dataSize: 12,
  dataStart: 16,
  targetCount: 20,
  openCount: 24,
  flags: 28,
  eventNumber: 32,
  device: 40,
  name: 48,
  uuid: 176,
} as const;

/** `dev` where a device is named otherwise, or there is none. */
export const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 };

export type Version = readonly [major: number, minor: number, patch: number];

/** `struct dm_ioctl`, without its payload. */
export interface DmIoctlHeader {
  /** In: the caller's; out: the driver's, also where the command failed. */
  readonly version: Version;
  /** In: the size of the whole buffer; out: how many bytes of it are valid. */
  readonly dataSize: number;
  /** Where the payload begins. */
  readonly dataStart: number;
  readonly targetCount: number;
  readonly openCount: number;
  /** FLAG bits, unsigned. */
  readonly flags: number;
  /** Out: the device's event number. In: what `wait` has seen, or the udev cookie of a resume, remove or rename. */
  readonly eventNumber: number;
  /** NO_DEVICE where the device is named otherwise. */
  readonly device: DeviceNumber;
  /** Empty where the device is named otherwise. */
  readonly name: string;
  readonly uuid: string;
}

/** Writes a header over the start of `buffer`; what is not given is 0 or empty, `dataSize` is the buffer's. */
export function encodeHeader(buffer: Uint8Array, header: Partial<DmIoctlHeader>): void {
  const bytes = buffer.subarray(0, HEADER_SIZE);
  const name = terminated(header.name ?? '', 'device name', NAME_SIZE);
  const uuid = terminated(header.uuid ?? '', 'device uuid', UUID_SIZE);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes.fill(0);
  const version = header.version ?? REQUEST_VERSION;
  for (const [index, part] of version.entries()) view.setUint32(AT.version + 4 * index, part, true);
  view.setUint32(AT.dataSize, header.dataSize ?? buffer.length, true);
  view.setUint32(AT.dataStart, header.dataStart ?? HEADER_SIZE, true);
  view.setUint32(AT.targetCount, header.targetCount ?? 0, true);
  view.setInt32(AT.openCount, header.openCount ?? 0, true);
  view.setUint32(AT.flags, header.flags ?? 0, true);
  view.setUint32(AT.eventNumber, header.eventNumber ?? 0, true);
  view.setBigUint64(AT.device, encodeDevice(header.device ?? NO_DEVICE), true);
  bytes.set(name, AT.name);
  bytes.set(uuid, AT.uuid);
}

/** @throws DmError CORRUPT: fewer than 305 bytes. */
export function decodeHeader(buffer: Uint8Array): DmIoctlHeader {
  const view = new StructView(buffer, 'dm_ioctl header');
  view.need(0, HEADER_MIN);
  return {
    version: [view.u32(AT.version), view.u32(AT.version + 4), view.u32(AT.version + 8)],
    dataSize: view.u32(AT.dataSize),
    dataStart: view.u32(AT.dataStart),
    targetCount: view.u32(AT.targetCount),
    openCount: view.i32(AT.openCount),
    flags: view.u32(AT.flags),
    eventNumber: view.u32(AT.eventNumber),
    device: decodeDevice(view.u64(AT.device)),
    name: view.field(AT.name, NAME_SIZE),
    uuid: view.field(AT.uuid, UUID_SIZE),
  };
}

/**
 * The payload that a header announces: the bytes from `dataStart` to `dataSize`; none where nothing came.
 * @throws DmError CORRUPT: it would lie outside of the buffer, or over the header.
 */
export function payloadOf(header: DmIoctlHeader, buffer: Uint8Array): Uint8Array {
  const view = new StructView(buffer, 'dm_ioctl payload');
  if (header.dataSize > buffer.length)
    throw view.corrupt(`it says ${header.dataSize} bytes are valid, the buffer has ${buffer.length}`);
  if (header.dataSize <= header.dataStart || header.dataSize === HEADER_MIN) return buffer.subarray(0, 0);
  if (header.dataStart < HEADER_MIN) throw view.corrupt(`it begins at ${header.dataStart}, inside of the header`);
  return buffer.subarray(header.dataStart, header.dataSize);
}
