import type { DeviceName, DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import { abortedError, closedError } from '../refusals.ts';
import type { EventSource } from './event-source.ts';

export interface EventWait {
  readonly device: DeviceName;
  readonly seen: number;
  /** @throws DmError NOT_FOUND: the device went. */
  readonly eventNumber: () => Promise<number>;
  readonly source: EventSource;
  readonly signal: CancelSignal | undefined;
  /** Fires when the kernel is closed. */
  readonly closing: CancelSignal;
}

/**
 * Looks at the device whenever there is news, beginning once news is told for certain, so that no event can fall
 * between the look and the wait.
 */
export async function waitEvent({ device, seen, eventNumber, source, signal, closing }: EventWait): Promise<number> {
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
    forget = await source.listen(onNews);
    for (;;) {
      throwIfFired(device, signal, closing);
      if (gone !== undefined) throw gone;
      news = false;
      const number = await eventNumber();
      if (number !== seen) return number;
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
  if (signal?.aborted === true) throw abortedError(signal, 'waitEvent', device);
}
