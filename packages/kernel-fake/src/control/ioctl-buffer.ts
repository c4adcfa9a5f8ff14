import type { DeviceNumber } from '@dmthin/domain';
import type { MappedDevice } from '../device/mapped-device.ts';
import { Refusal } from '../errno/refusal.ts';
import { decodeDevice, encodeDevice } from '../table/device-argument.ts';
import { FLAG, HEADER_SIZE, NAME_LENGTH, OFFSET, UUID_LENGTH } from './ioctl-layout.ts';

/**
 * The kernel's copy of a struct dm_ioctl and its payload. Results are laid over what the caller gave, so that padding
 * and unknown flags come back as they went in (dm-kernel.md 8.1).
 */
export class IoctlBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The size the caller gave; `dataSize` is what goes back. */
  readonly size: number;

  constructor(bytes: Uint8Array, size: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.size = size;
  }

  get dataSize(): number {
    return this.view.getUint32(OFFSET.dataSize, true);
  }

  set dataSize(size: number) {
    this.view.setUint32(OFFSET.dataSize, size, true);
  }

  get dataStart(): number {
    return this.view.getUint32(OFFSET.dataStart, true);
  }

  set dataStart(start: number) {
    this.view.setUint32(OFFSET.dataStart, start, true);
  }

  get targetCount(): number {
    return this.view.getUint32(OFFSET.targetCount, true);
  }

  set targetCount(count: number) {
    this.view.setUint32(OFFSET.targetCount, count, true);
  }

  get eventNumber(): number {
    return this.view.getUint32(OFFSET.eventNumber, true);
  }

  get name(): string {
    return this.string(OFFSET.name, NAME_LENGTH);
  }

  get uuid(): string {
    return this.string(OFFSET.uuid, UUID_LENGTH);
  }

  /** Whether the caller gave a device number: any of the 64 bits counts (dm-kernel.md 1.2). */
  get hasDev(): boolean {
    return this.view.getBigUint64(OFFSET.dev, true) !== 0n;
  }

  get dev(): DeviceNumber {
    return decodeDevice(this.view.getUint32(OFFSET.dev, true));
  }

  has(flag: number): boolean {
    return (this.view.getUint32(OFFSET.flags, true) & flag) !== 0;
  }

  setFlags(flags: number): void {
    this.view.setUint32(OFFSET.flags, this.view.getUint32(OFFSET.flags, true) | flags, true);
  }

  clearFlags(flags: number): void {
    this.view.setUint32(OFFSET.flags, this.view.getUint32(OFFSET.flags, true) & ~flags, true);
  }

  /** The bytes of a field up to its NUL. */
  string(offset: number, length: number): string {
    const end = this.bytes.indexOf(0, offset);
    const last = end === -1 || end > offset + length ? offset + length : end;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + offset, last - offset).toString('latin1');
  }

  /**
   * The string at `offset`, which has to end before the caller's buffer does.
   * @throws Refusal EINVAL: it does not.
   */
  terminated(offset: number): string {
    const end = offset < this.size ? this.bytes.subarray(0, this.size).indexOf(0, offset) : -1;
    if (end === -1) throw new Refusal('EINVAL', 'a string that does not end inside the buffer');
    return this.string(offset, end - offset);
  }

  /** Writes bytes without a NUL. */
  put(offset: number, text: string): void {
    for (let at = 0; at < text.length; at++) this.bytes[offset + at] = text.charCodeAt(at);
  }

  /** Writes a string and its NUL, and leaves what was behind it. */
  putString(offset: number, text: string): void {
    this.put(offset, text);
    this.bytes[offset + text.length] = 0;
  }

  /** Where results go, and how many bytes there are for them (get_result_buffer). */
  results(clampsDataStart: boolean): { readonly start: number; readonly room: number } {
    const room = Math.max(0, this.size - HEADER_SIZE);
    this.dataStart = clampsDataStart && room === 0 ? this.size : HEADER_SIZE;
    return { start: HEADER_SIZE, room };
  }

  /** What a lookup writes: the device's names, and whether it has an inactive table. */
  found(device: MappedDevice): void {
    this.putString(OFFSET.name, device.name);
    this.putString(OFFSET.uuid, device.uuid);
    if (device.inactive === undefined) this.clearFlags(FLAG.inactivePresent);
    else this.setFlags(FLAG.inactivePresent);
  }

  /** What most commands answer: the device's state (dm-kernel.md 2.1, status fill). */
  fill(device: MappedDevice): void {
    this.clearFlags(FLAG.suspend | FLAG.readOnly | FLAG.activePresent | FLAG.internalSuspend);
    if (device.isSuspended) this.setFlags(FLAG.suspend);
    if (device.isInternallySuspended) this.setFlags(FLAG.internalSuspend);
    if (device.isDeferredRemove) this.setFlags(FLAG.deferredRemove);
    this.view.setBigUint64(OFFSET.dev, BigInt(encodeDevice(device.number)), true);
    this.view.setInt32(OFFSET.openCount, device.openings.count, true);
    this.view.setUint32(OFFSET.eventNumber, device.eventNumber, true);
    const table = this.has(FLAG.queryInactive) ? device.inactive : device.live;
    this.targetCount = table?.lines.length ?? 0;
    if (device.live !== undefined) this.setFlags(FLAG.activePresent);
    if (this.has(FLAG.queryInactive) ? table?.isReadOnly === true : device.isReadOnly) this.setFlags(FLAG.readOnly);
  }
}
