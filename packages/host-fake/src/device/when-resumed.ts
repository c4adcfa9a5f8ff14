import { DmError } from '@dmthin/domain';
import type { BlockHandle } from '@dmthin/ports';

/** Does something with a device, and does it again after each time that a suspend came between, as I/O waits for real. */
export async function whenResumed<Result>(
  handle: Pick<BlockHandle, 'resumed'>,
  action: () => Result | Promise<Result>,
): Promise<Result> {
  for (;;) {
    await handle.resumed();
    try {
      return await action();
    } catch (error) {
      if (!DmError.is(error, 'BUSY') || error.errno !== 'EAGAIN') throw error;
    }
  }
}
