import { DmError, devicePath } from '@dmthin/domain';
import type { Volume } from '@dmthin/engine';
import type { BlockDevices, CancelSignal } from '@dmthin/ports';
import { throwIfAborted } from '../file/abort.ts';

/** 1 GiB: the kernel takes a moment for each, and others get their turn between two. */
const SLICE = 1n << 30n;

/** Gives all blocks of a live volume back, slice by slice (docker-devicemapper.md 7.10). */
export async function discardVolume(blockDevices: BlockDevices, volume: Volume, signal?: CancelSignal): Promise<void> {
  const device = await blockDevices.open(devicePath(volume.deviceName));
  try {
    for (let offset = 0n; offset < device.size; offset += SLICE) {
      throwIfAborted(signal, 'discard');
      const rest = device.size - offset;
      await device.discard(offset, rest < SLICE ? rest : SLICE, signal);
    }
  } catch (error) {
    // Nothing to give back on a device that takes no discards.
    if (!DmError.is(error, 'NOT_SUPPORTED')) throw error;
  } finally {
    await device.close();
  }
}
