import { DmError } from '@dmthin/domain';

/** Its record is there, and its volume is not. */
export function lostVolume(name: string): DmError {
  return new DmError('CORRUPT', `the volume of snapshot "${name}" is lost`, {
    subject: name,
    remedy: 'Remove the snapshot, and pull or build anew what it was part of.',
  });
}
