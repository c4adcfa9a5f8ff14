import { DmError } from '@dmthin/domain';
import type { GraphDriverPorts } from '../ports.ts';
import type { BackingDevice, PoolSource } from './pool-source.ts';

/** Who looked at a device for a moment (udev, blkid) is waited for: 20 times 100 ms. */
const ATTEMPTS = 20;
const PAUSE = 100;

/**
 * Removes the pool's device and detaches its loop devices; what is in its files stays. A pool from outside is left.
 * @throws DmError BUSY: something still uses it.
 */
export async function takeDownPool(
  { kernel, loopDevices, clock }: Pick<GraphDriverPorts, 'kernel' | 'loopDevices' | 'clock'>,
  { name, backing }: Pick<PoolSource, 'name' | 'backing'>,
): Promise<void> {
  if (backing === undefined) return;
  for (let left = ATTEMPTS; ; left -= 1) {
    try {
      await kernel.remove(name);
      break;
    } catch (error) {
      if (DmError.is(error, 'NOT_FOUND')) break;
      if (!DmError.is(error, 'BUSY') || left <= 1) throw error;
    }
    await clock.sleep(PAUSE);
  }
  for (const device of [backing.data, backing.metadata]) await detach(loopDevices, device);
}

async function detach(loopDevices: GraphDriverPorts['loopDevices'], { loopFile }: BackingDevice): Promise<void> {
  // It may have gone with the pool already: the driver's loop devices detach themselves.
  const loop = loopFile === undefined ? undefined : await loopDevices.find(loopFile);
  if (loop !== undefined) await loopDevices.detach(loop);
}
