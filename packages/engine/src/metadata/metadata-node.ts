import { type DeviceName, parseDeviceNumber, parseThinPoolTarget } from '@dmthin/domain';
import type { BlockDevice, BlockDevices, Kernel } from '@dmthin/ports';
import { deviceNode } from '../pool/device-node.ts';

/**
 * Opens the metadata device of a pool, which the pool's table names by number, to be read.
 * @throws DmError NOT_FOUND, INVALID_ARGUMENT: there is no node of it.
 */
export async function openMetadataDevice(
  kernel: Kernel,
  blockDevices: BlockDevices,
  pool: DeviceName,
): Promise<BlockDevice> {
  const [target] = await kernel.table(pool);
  const node = await deviceNode(kernel, parseDeviceNumber(parseThinPoolTarget(target?.params ?? '').metadata));
  return blockDevices.open(node, { readOnly: true });
}
