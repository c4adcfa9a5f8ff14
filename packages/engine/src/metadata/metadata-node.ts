import { type DeviceName, parseDeviceNumber, parseThinPoolTarget } from '@dmthin/domain';
import type { BlockDevice, BlockDevices, Kernel } from '@dmthin/ports';
import { deviceNode } from '../pool/device-node.ts';

/**
 * Runs `work` with the metadata device of a pool open, which the pool's table names by number.
 * @throws DmError NOT_FOUND, INVALID_ARGUMENT: there is no node of it.
 */
export async function withMetadataDevice<T>(
  kernel: Kernel,
  blockDevices: BlockDevices,
  pool: DeviceName,
  work: (device: BlockDevice) => Promise<T>,
): Promise<T> {
  const [target] = await kernel.table(pool);
  const node = await deviceNode(kernel, parseDeviceNumber(parseThinPoolTarget(target?.params ?? '').metadata));
  const device = await blockDevices.open(node, { readOnly: true });
  try {
    return await work(device);
  } finally {
    await device.close();
  }
}
