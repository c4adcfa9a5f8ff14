import { type DeviceName, DmError } from '@dmthin/domain';
import type { DeviceInfo, Kernel } from '@dmthin/ports';

/** A device's state; undefined: there is no such device. @throws DmError as `Kernel.info`, but for NOT_FOUND. */
export async function infoOf(kernel: Kernel, name: DeviceName): Promise<DeviceInfo | undefined> {
  try {
    return await kernel.info(name);
  } catch (error) {
    if (DmError.is(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}
