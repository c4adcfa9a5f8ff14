import { Refusal } from '../errno/refusal.ts';
import type { MappedDevice } from './mapped-device.ts';

export interface SuspendFlags {
  readonly noFlush?: boolean | undefined;
  readonly skipLockfs?: boolean | undefined;
}

/**
 * Suspends the device, at once where nothing has to be waited for: an internal suspend to end (dm-kernel.md 2.2), a
 * filesystem to write back what it holds, another suspend or resume of the device.
 */
export function suspendDevice(device: MappedDevice, flags: SuspendFlags): Promise<void> | undefined {
  if (!hasToWait(device, flags)) {
    if (!device.isSuspended) stop(device);
    return undefined;
  }
  return alone(device, async () => {
    if (device.isSuspended) return;
    await internalResumeOf(device);
    if (freezes(device, flags)) for (const freeze of [...device.openings.freezers]) await freeze();
    // The pool may have been suspended while the filesystem wrote.
    await internalResumeOf(device);
    stop(device);
  });
}

/** Runs `change` once no other suspend or resume of the device waits. */
export async function alone<Result>(device: MappedDevice, change: () => Promise<Result>): Promise<Result> {
  while (device.changing !== undefined) await device.changing;
  if (device.isGone) throw new Refusal('ENXIO', `${device.name} is gone`);
  const done = change();
  device.changing = done.then(
    () => undefined,
    // Whoever asked for the change is told; the next one only waits.
    () => undefined,
  );
  try {
    return await done;
  } finally {
    device.changing = undefined;
    device.wake();
  }
}

/** Resolves when the device is not internally suspended. */
export async function internalResumeOf(device: MappedDevice): Promise<void> {
  while (device.isInternallySuspended && !device.isGone)
    await new Promise<void>((resolve) => {
      const stopWaiting = device.onWake(() => {
        stopWaiting();
        resolve();
      });
    });
}

/** Resolves when the device takes I/O, or is gone. */
export async function resumeOf(device: MappedDevice): Promise<void> {
  while ((device.isSuspended || device.isInternallySuspended) && !device.isGone)
    await new Promise<void>((resolve) => {
      const stopWaiting = device.onWake(() => {
        stopWaiting();
        resolve();
      });
    });
}

/**
 * Lets the targets of the live table start and I/O go on.
 * @throws Refusal EINVAL: there is no live table. Whatever a target's preresume gives; the device stays suspended.
 */
export function startDevice(device: MappedDevice): void {
  if (device.live === undefined) throw new Refusal('EINVAL', `${device.name} has no table to resume`);
  device.startTargets();
  device.isSuspended = false;
  device.wake();
}

/** As a removal does: the targets stop, but nobody is waited for. */
export function stopForRemoval(device: MappedDevice): void {
  if (!device.isSuspended) stop(device);
}

function stop(device: MappedDevice): void {
  device.stopTargets();
  device.isSuspended = true;
}

function hasToWait(device: MappedDevice, flags: SuspendFlags): boolean {
  if (device.changing !== undefined) return true;
  return !device.isSuspended && (device.isInternallySuspended || freezes(device, flags));
}

function freezes(device: MappedDevice, { noFlush, skipLockfs }: SuspendFlags): boolean {
  return device.live !== undefined && noFlush !== true && skipLockfs !== true && device.openings.freezers.size > 0;
}
