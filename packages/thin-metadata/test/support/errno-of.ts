import { DmError, type ErrnoName } from '@dmthin/domain';

/** The errno that `action` fails with; undefined where it does not fail. Anything but a DmError is a bug and thrown on. */
export function errnoOf(action: () => unknown): ErrnoName | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!DmError.is(error)) throw error;
    return error.errno;
  }
}
