import { type DeviceName, DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';

/** A device as an event wait needs it. */
export interface Glimpse {
  readonly major: string;
  readonly minor: string;
  readonly eventNumber: number;
}

export interface EventWait {
  readonly device: DeviceName;
  readonly seen: number;
  /** Fires when the caller gives up, or the kernel is closed; `refusal` is what to say then. */
  readonly kill: CancelSignal;
  readonly refusal: () => DmError;
  /** By name. @throws DmError NOT_FOUND. */
  readonly look: () => Promise<Glimpse>;
  /** By number, whatever its name is now. @throws DmError NOT_FOUND. */
  readonly lookAgain: (glimpse: Glimpse) => Promise<Glimpse>;
  /** `dmsetup wait`: ends with an event, a removal, or `kill`. @throws DmError NOT_FOUND. */
  readonly wait: () => Promise<void>;
}

/**
 * Waits with `dmsetup wait`, which compares the number itself, so that no event falls between the look and the wait. It
 * prints nothing, and ends in the same way for an event, a renaming and a removal; what it was is looked up.
 */
export async function waitEvent(waiting: EventWait): Promise<number> {
  const { device, seen, kill, refusal, look, lookAgain, wait } = waiting;
  const first = await look();
  for (let now = first; ; ) {
    if (kill.aborted) throw refusal();
    if (now.eventNumber !== seen) return now.eventNumber;
    await ignoringMissing(wait());
    if (kill.aborted) throw refusal();
    const named = await ignoringMissing(look());
    now = named ?? (await renamed(first, device, lookAgain));
  }
}

/**
 * The device under its new name: a renaming is an event. A device that has its number and fewer events is another one,
 * made since.
 */
async function renamed(first: Glimpse, device: DeviceName, lookAgain: EventWait['lookAgain']): Promise<Glimpse> {
  const now = await ignoringMissing(lookAgain(first));
  if (now !== undefined && now.eventNumber > first.eventNumber) return now;
  throw new DmError('NOT_FOUND', `device-mapper: waitEvent on "${device}": it went meanwhile`, {
    errno: 'ENXIO',
    operation: 'waitEvent',
    subject: device,
  });
}

async function ignoringMissing<Result>(attempt: Promise<Result>): Promise<Result | undefined> {
  try {
    return await attempt;
  } catch (error) {
    if (!DmError.is(error, 'NOT_FOUND')) throw error;
    return undefined;
  }
}
