import { Refusal } from '../errno/refusal.ts';
import type { DmTable } from '../table/dm-table.ts';
import type { MappedDevice } from './mapped-device.ts';
import { alone, internalResumeOf, type SuspendFlags, startDevice, suspendDevice } from './suspension.ts';

/** What a resume did. */
export interface Resumption {
  /** A uevent was sent: there was something to resume. */
  readonly wasSuspended: boolean;
}

/**
 * Makes the inactive table live, where there is one, and resumes (dm-kernel.md 2.2). The slot is empty whatever comes
 * of it. `swapped` is told between the swap and the start of the targets.
 * @throws Refusal EINVAL: no table at all, or devices below that are too small; a table that fails is destroyed. What
 * preresume gives: the new table is live then, and the device stays suspended.
 */
export function resumeDevice(
  device: MappedDevice,
  flags: SuspendFlags,
  swapped: () => void,
): Resumption | Promise<Resumption> {
  const table = device.inactive;
  device.inactive = undefined;
  if (table !== undefined) {
    const suspended = suspendDevice(device, flags);
    if (suspended !== undefined) return resumeSlowly(device, table, suspended, swapped);
  } else if (device.changing !== undefined || (device.isSuspended && device.isInternallySuspended)) {
    return alone(device, async () => {
      if (device.isSuspended) await internalResumeOf(device);
      return start(device, undefined);
    });
  }
  return start(device, table === undefined ? undefined : swapIn(device, table, swapped));
}

async function resumeSlowly(
  device: MappedDevice,
  table: DmTable,
  suspended: Promise<void>,
  swapped: () => void,
): Promise<Resumption> {
  try {
    await suspended;
  } catch (failure) {
    // The suspend failed, so the table goes back where it was, unless another has taken its place.
    if (device.inactive === undefined && !device.isGone) device.inactive = table;
    else table.destroy();
    throw failure;
  }
  await internalResumeOf(device);
  if (device.isGone) {
    table.destroy();
    throw new Refusal('ENXIO', `${device.name} is gone`);
  }
  return start(device, swapIn(device, table, swapped));
}

/** The old table; the device is suspended and stays so where this throws. */
function swapIn(device: MappedDevice, table: DmTable, swapped: () => void): DmTable | undefined {
  try {
    table.checkAreas();
  } catch (failure) {
    table.destroy();
    throw failure;
  }
  const old = device.swap(table);
  swapped();
  return old;
}

function start(device: MappedDevice, old: DmTable | undefined): Resumption {
  const wasSuspended = device.isSuspended;
  try {
    if (wasSuspended) startDevice(device);
  } finally {
    // The old table goes even where the new one does not start.
    old?.destroy();
  }
  if (device.isRegistered) device.hasNode = true;
  return { wasSuspended };
}
