import type { MappedDevice } from '../device/mapped-device.ts';
import { encodeDevice } from '../table/device-argument.ts';
import type { DmTable, TableLine } from '../table/dm-table.ts';
import type { Target, TargetType } from '../target/target.ts';
import type { IoctlBuffer } from './ioctl-buffer.ts';
import { align8, FLAG, SPEC, SPEC_SIZE, TYPE_LENGTH } from './ioctl-layout.ts';

/** Where a payload goes: its offset and the bytes there are. */
interface Results {
  readonly start: number;
  readonly room: number;
}

/** struct dm_target_spec and a text for each target; as many as fit (retrieve_status, dm-kernel.md 1.7). */
export function putStatus(buffer: IoctlBuffer, table: DmTable, results: Results): void {
  let at = 0;
  for (const line of table.lines) {
    const end = putLine(buffer, line, results, at);
    if (end !== undefined) buffer.dataSize = results.start + end;
    at = align8(end ?? results.room + 1);
    if (at > results.room) {
      buffer.setFlags(FLAG.bufferFull);
      break;
    }
  }
  buffer.targetCount = table.lines.length;
}

/** Where the line's text ends, its NUL included; undefined where it did not fit. */
function putLine(
  buffer: IoctlBuffer,
  { spec, target }: TableLine,
  { start, room }: Results,
  at: number,
): number | undefined {
  if (room - at <= SPEC_SIZE) return undefined;
  const line = start + at;
  buffer.view.setBigUint64(line + SPEC.start, spec.start, true);
  buffer.view.setBigUint64(line + SPEC.length, spec.length, true);
  buffer.view.setInt32(line + SPEC.status, 0, true);
  // strncpy of 15 bytes: pads with NUL, and leaves the sixteenth as it was.
  buffer.put(line + SPEC.type, target.type.name.slice(0, TYPE_LENGTH - 1).padEnd(TYPE_LENGTH - 1, '\0'));
  const remaining = room - at - SPEC_SIZE;
  const text = textOf(buffer, target).slice(0, remaining - 1);
  buffer.putString(line + SPEC_SIZE, text);
  // A text that fills what is left may have been cut.
  if (text.length + 1 === remaining) return undefined;
  const end = at + SPEC_SIZE + text.length + 1;
  if (align8(end) <= room) buffer.view.setUint32(line + SPEC.next, align8(end), true);
  return end;
}

function textOf(buffer: IoctlBuffer, target: Target): string {
  if (buffer.has(FLAG.statusTable)) return target.tableParams();
  if (buffer.has(FLAG.imaMeasurement)) return target.measurement?.() ?? '';
  return target.status({ noFlush: buffer.has(FLAG.noFlush) });
}

/** struct dm_target_deps. */
export function putDeps(buffer: IoctlBuffer, table: DmTable, { start, room }: Results): void {
  const devices = table.devices;
  const needed = 8 + 8 * devices.length;
  if (room < needed) {
    buffer.setFlags(FLAG.bufferFull);
    return;
  }
  buffer.view.setUint32(start, devices.length, true);
  for (const [index, { number }] of devices.entries())
    buffer.view.setBigUint64(start + 8 + 8 * index, BigInt(encodeDevice(number)), true);
  buffer.dataSize = buffer.dataStart + needed;
}

/** struct dm_name_list for each device; with the uuids where they were asked for. */
export function putDevices(buffer: IoctlBuffer, devices: readonly MappedDevice[], { start, room }: Results): void {
  const withUuids = buffer.has(FLAG.uuid);
  const sizes = devices.map(
    ({ name, uuid }) => align8(12 + name.length + 1) + 8 + (withUuids && uuid !== '' ? align8(uuid.length + 1) : 0),
  );
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  if (room < needed || room < 8) {
    buffer.setFlags(FLAG.bufferFull);
    return;
  }
  buffer.dataSize = buffer.dataStart + needed;
  // Written even for an empty list, but then it is beyond what is copied out.
  buffer.view.setBigUint64(start, 0n, true);
  let at = start;
  for (const [index, { name, uuid, number, eventNumber }] of devices.entries()) {
    const size = sizes[index] as number;
    buffer.view.setBigUint64(at, BigInt(encodeDevice(number)), true);
    buffer.view.setUint32(at + 8, index === devices.length - 1 ? 0 : size, true);
    buffer.putString(at + 12, name);
    const event = at + align8(12 + name.length + 1);
    buffer.view.setUint32(event, eventNumber, true);
    buffer.view.setUint32(event + 4, withUuids ? (uuid === '' ? NO_UUID : HAS_UUID) : 0, true);
    if (withUuids && uuid !== '') buffer.putString(event + 8, uuid);
    at += size;
  }
}

// DM_NAME_LIST_FLAG_HAS_UUID and DM_NAME_LIST_FLAG_DOESNT_HAVE_UUID.
const HAS_UUID = 1;
const NO_UUID = 2;

/** struct dm_target_versions for each kind; the size that goes back is an over-estimate. */
export function putVersions(buffer: IoctlBuffer, types: readonly TargetType[], { start, room }: Results): void {
  const needed = types.reduce((sum, { name }) => sum + 16 + name.length + 1 + 7, 0);
  if (room < needed) {
    buffer.setFlags(FLAG.bufferFull);
    return;
  }
  buffer.dataSize = buffer.dataStart + needed;
  let at = start;
  for (const [index, { name, version }] of types.entries()) {
    const size = align8(16 + name.length + 1);
    buffer.view.setUint32(at, index === types.length - 1 ? 0 : size, true);
    for (const [part, value] of version.entries()) buffer.view.setUint32(at + 4 + 4 * part, value, true);
    buffer.putString(at + 16, name);
    at += size;
  }
}
