import { DmError } from '@dmthin/domain';

/** The stream is not what `send` writes, or not all of it. */
export function brokenStream(why: string, cause?: unknown): DmError {
  return new DmError('CORRUPT', `the stream is broken: ${why}`, { operation: 'receive', cause });
}
