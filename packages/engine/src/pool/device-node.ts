import { type DeviceNumber, devicePath, sameDevice } from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';

const LOOP_MAJOR = 7; // Documentation/admin-guide/devices.txt

/**
 * The node of a block device that a table names by its number. Mapped and loop devices have their own names; udev links
 * every other under its number.
 */
export async function deviceNode(kernel: Kernel, number: DeviceNumber): Promise<string> {
  const { major, minor } = number;
  if (major === LOOP_MAJOR) return `/dev/loop${minor}`;
  const mapped = (await kernel.list()).find((listed) => sameDevice(listed.number, number));
  return mapped === undefined ? `/dev/block/${major}:${minor}` : devicePath(mapped.name);
}
