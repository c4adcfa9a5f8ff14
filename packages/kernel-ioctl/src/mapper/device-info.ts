import type { DeviceName, DeviceUuid } from '@dmthin/domain';
import type { DeviceInfo } from '@dmthin/ports';
import type { DmIoctlHeader } from '../protocol/dm-ioctl-header.ts';
import { FLAG } from '../protocol/flag.ts';

/** A device's state, as `status` answers it. */
export function deviceInfo(header: DmIoctlHeader): DeviceInfo {
  const is = (bit: number): boolean => (header.flags & bit) !== 0;
  return {
    name: header.name as DeviceName,
    uuid: header.uuid === '' ? undefined : (header.uuid as DeviceUuid),
    number: header.device,
    openCount: header.openCount,
    eventNumber: header.eventNumber,
    hasLiveTable: is(FLAG.activePresent),
    hasInactiveTable: is(FLAG.inactivePresent),
    isSuspended: is(FLAG.suspend),
    isInternallySuspended: is(FLAG.internalSuspend),
    isReadOnly: is(FLAG.readOnly),
    isDeferredRemove: is(FLAG.deferredRemove),
  };
}
