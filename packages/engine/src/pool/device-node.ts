import { type DeviceNumber, devicePath, sameDevice } from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';

const LOOP_MAJOR = 7; // Documentation/admin-guide/devices.txt

/**
 * The node of a block device that a table names by its number. Mapped and loop devices have their own names; udev links
 * every other under its number.
 */
export async function deviceNode(kernel: Kernel, number: DeviceNumber): Promise<string> {
  const mapped = (await kernel.list()).find((listed) => sameDevice(listed.number, number));
  if (mapped !== undefined) return devicePath(mapped.name);
  const { major, minor } = number;
  return major === LOOP_MAJOR ? `/dev/loop${minor}` : `/dev/block/${major}:${minor}`;
}
