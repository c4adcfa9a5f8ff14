import { DmError } from '@dmthin/domain';
import type { DeviceInfo, Kernel } from '@dmthin/ports';
import { asDmError } from '../failure/failure.ts';
import type { Volume } from '../thin-pool.ts';
import { lookAt } from '../volume/thin-device.ts';
import { shownId, type VolumeTable } from '../volume/volume-table.ts';

/**
 * Mends the devices of volumes that a process left half done when it ended: an origin that stays suspended after its
 * snapshot was cut off (its mount hangs until somebody resumes it), a device that never got its table. Asks only about
 * devices that are there, however many volumes there are. Gives a finding for each.
 */
export async function mendDevices(kernel: Kernel, volumes: VolumeTable): Promise<readonly string[]> {
  const there = (await kernel.list()).flatMap(({ name }) => volumes.ofDevice(name) ?? []);
  const findings = await Promise.all(there.map((volume) => mend(kernel, volume)));
  return findings.filter((finding) => finding !== undefined);
}

async function mend(kernel: Kernel, volume: Volume): Promise<string | undefined> {
  const info = await lookAt(kernel, volume);
  if (info === undefined) return undefined;
  try {
    return await mendOne(kernel, volume, info);
  } catch (error) {
    return `the device of ${shownId(volume.id)} was left half done, and could not be mended: ${asDmError(error).message}`;
  }
}

async function mendOne(kernel: Kernel, { id, deviceName }: Volume, info: DeviceInfo): Promise<string | undefined> {
  if (!info.hasLiveTable) {
    await kernel.remove(deviceName).catch((error: unknown) => {
      if (!DmError.is(error, 'NOT_FOUND')) throw error;
    });
    return `the device of ${shownId(id)} had no table yet when the last process ended; it was removed`;
  }
  if (!info.isSuspended) return undefined;
  if (info.hasInactiveTable) await kernel.clear(deviceName);
  await kernel.resume(deviceName);
  return `the device of ${shownId(id)} was suspended when the last process ended; it was resumed`;
}
