import type { DeviceName, DeviceUuid } from '@dmthin/domain';
import type { DeviceInfo } from '@dmthin/ports';
import type { MappedDevice } from '../device/mapped-device.ts';
import { fromBytes } from '../text/byte-string.ts';

/** A device's state as the port shows it. */
export function deviceInfo(device: MappedDevice): DeviceInfo {
  return {
    name: fromBytes(device.name) as DeviceName,
    uuid: device.uuid === '' ? undefined : (fromBytes(device.uuid) as DeviceUuid),
    number: { ...device.number },
    openCount: device.openings.count,
    eventNumber: device.eventNumber,
    hasLiveTable: device.live !== undefined,
    hasInactiveTable: device.inactive !== undefined,
    isSuspended: device.isSuspended,
    isInternallySuspended: device.isInternallySuspended,
    isReadOnly: device.isReadOnly,
    isDeferredRemove: device.isDeferredRemove,
  };
}
