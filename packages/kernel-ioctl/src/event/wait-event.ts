import { abortedError, closedError, type DeviceName, type DeviceNumber, type DmError } from '@dmthin/domain';
import type { CancelSignal, DeviceInfo } from '@dmthin/ports';
import type { EventSource } from './event-source.ts';

export interface EventWait {
  readonly device: DeviceName;
  readonly seen: number;
  /** The device by its name. @throws DmError NOT_FOUND. */
  readonly find: (device: DeviceName) => Promise<DeviceInfo>;
  /** The device by its number, for it may be renamed while it is waited for. @throws DmError NOT_FOUND: it went. */
  readonly look: (number: DeviceNumber) => Promise<DeviceInfo>;
  readonly source: EventSource;
  readonly signal: CancelSignal | undefined;
  /** Fires when the kernel is closed. */
  readonly closing: CancelSignal;
}

/**
 * Asks for the device at once, so that it is found by the name it has now, whatever is asked after this. From then on it
 * is looked at by its number whenever there is news, beginning once news is told for certain, so that no event can fall
 * between the look and the wait.
 */
export async function waitEvent(wait: EventWait): Promise<number> {
  const { device, seen, find, look, source, signal, closing } = wait;
  throwIfFired(device, signal, closing);
  let news = false;
  let gone: DmError | undefined;
  let wake: () => void = () => undefined;
  const onNews = (error?: DmError): void => {
    news = true;
    gone ??= error;
    wake();
  };
  const ring = (): void => onNews();
  signal?.addEventListener('abort', ring);
  closing.addEventListener('abort', ring);
  let forget: (() => void) | undefined;
  try {
    const { number, eventNumber } = await find(device);
    if (eventNumber !== seen) return eventNumber;
    forget = await source.listen(onNews);
    for (;;) {
      throwIfFired(device, signal, closing);
      if (gone !== undefined) throw gone;
      news = false;
      const info = await look(number);
      if (info.eventNumber !== seen) return info.eventNumber;
      if (!news)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    forget?.();
    signal?.removeEventListener('abort', ring);
    closing.removeEventListener('abort', ring);
  }
}

function throwIfFired(device: DeviceName, signal: CancelSignal | undefined, closing: CancelSignal): void {
  if (closing.aborted) throw closedError('waitEvent', device);
  if (signal?.aborted === true) throw abortedError(signal.reason, 'waitEvent', device);
}
