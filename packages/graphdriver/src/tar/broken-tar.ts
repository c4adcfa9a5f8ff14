import { DmError } from '@dmthin/domain';

/** The error of bytes that are not the tar they should be. */
export function brokenTar(message: string, remedy = 'It was damaged; make or fetch the tar again.'): DmError {
  return new DmError('CORRUPT', message, { operation: 'apply', remedy });
}
