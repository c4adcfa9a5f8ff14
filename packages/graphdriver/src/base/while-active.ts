import { BASE_VOLUME, DmError, devicePath } from '@dmthin/domain';
import type { VolumeContext } from '../driver/driver-context.ts';

/** Runs `work` while the base device is active. */
export async function whileActive<T>(context: VolumeContext, work: (path: string) => Promise<T>): Promise<T> {
  const path = devicePath(await context.pool.activate(BASE_VOLUME));
  try {
    return await work(path);
  } finally {
    await context.pool.deactivate(BASE_VOLUME).catch((error: unknown) => {
      // It goes with the next deactivation; nothing that was done is wrong for it.
      if (!DmError.is(error, 'NOT_FOUND')) context.ports.log.write('warn', 'the base device stays active', { error });
    });
  }
}
