import { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import type { MappedDevice } from '../device/mapped-device.ts';
import { Refusal } from '../errno/refusal.ts';
import { fromBytes } from '../text/byte-string.ts';

/** The device's event number once it differs from `seen`; `closing` fires when the kernel is closed. */
export function nextEvent(
  device: MappedDevice,
  seen: number,
  signal: CancelSignal | undefined,
  closing: CancelSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const subject = fromBytes(device.name);
    const look = () => {
      if (device.isGone) end(() => reject(new Refusal('ENXIO', `${subject} is gone`)));
      else if (device.eventNumber !== seen) end(() => resolve(device.eventNumber));
    };
    const abort = () =>
      end(() =>
        reject(
          new DmError('ABORTED', `the wait for an event of "${subject}" was cancelled`, {
            operation: 'waitEvent',
            subject,
            cause: signal?.reason,
          }),
        ),
      );
    const close = () =>
      end(() =>
        reject(
          new DmError('CLOSED', `the kernel was closed while it waited for an event of "${subject}"`, {
            operation: 'waitEvent',
            subject,
          }),
        ),
      );
    const stopWaiting = device.onWake(look);
    const end = (settle: () => void) => {
      stopWaiting();
      signal?.removeEventListener('abort', abort);
      closing.removeEventListener('abort', close);
      settle();
    };
    signal?.addEventListener('abort', abort, { once: true });
    closing.addEventListener('abort', close, { once: true });
    look();
  });
}
