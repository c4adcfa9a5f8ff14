import { type DeviceNumber, decodeDevice, encodeDevice } from '@dmthin/domain';
import { StructView } from './struct-view.ts';

const AT = { count: 0, devices: 8 } as const;

/** `struct dm_target_deps`: what `deps` answers. */
export function encodeTargetDeps(devices: readonly DeviceNumber[]): Uint8Array {
  const payload = new Uint8Array(AT.devices + 8 * devices.length);
  const view = new DataView(payload.buffer);
  view.setUint32(AT.count, devices.length, true);
  for (const [index, device] of devices.entries())
    view.setBigUint64(AT.devices + 8 * index, encodeDevice(device), true);
  return payload;
}

/** No payload is no devices: the device has no table. @throws DmError CORRUPT: fewer devices than it counts. */
export function decodeTargetDeps(payload: Uint8Array): readonly DeviceNumber[] {
  if (payload.length === 0) return [];
  const view = new StructView(payload, 'dm_target_deps');
  const count = view.u32(AT.count);
  view.need(AT.devices, 8 * count);
  return Array.from({ length: count }, (_, index) => decodeDevice(view.u64(AT.devices + 8 * index)));
}
