import type { MappedDevice } from '../device/mapped-device.ts';
import { Refusal } from '../errno/refusal.ts';
import { scanUnsigned64 } from '../table/numbers.ts';

/**
 * Sets the drive geometry, "cylinders heads sectors start".
 * @throws Refusal EINVAL: not four numbers in their ranges, or a start beyond the end.
 */
export function setGeometry(device: MappedDevice, text: string): void {
  // sscanf skips white space in front of each number, and takes nothing behind the last.
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$/u.exec(text);
  const [cylinders, heads, sectors, start] = (match?.slice(1) ?? []).map((digits) => scanUnsigned64(digits));
  if (cylinders === undefined || heads === undefined || sectors === undefined || start === undefined)
    throw new Refusal('EINVAL', 'Unable to interpret geometry settings.');
  if (cylinders > 65_535n || heads > 255n || sectors > 255n)
    throw new Refusal('EINVAL', 'Geometry exceeds range limits.');
  if (start > cylinders * heads * sectors) throw new Refusal('EINVAL', 'Start sector is beyond the geometry limits.');
  device.geometry = `${cylinders} ${heads} ${sectors} ${start}`;
}
