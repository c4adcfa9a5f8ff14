import { DmError } from '../errors/dm-error.ts';

/** A filesystem that a base device can be formatted with (`dm.fs`). */
export type FilesystemType = 'ext4' | 'xfs';

/** @throws DmError INVALID_ARGUMENT: neither `ext4` nor `xfs`, which are written in lower case. */
export function filesystemType(value: string): FilesystemType {
  if (value !== 'ext4' && value !== 'xfs')
    throw new DmError('INVALID_ARGUMENT', `devmapper: Unsupported filesystem ${value}`, {
      subject: value,
      remedy: 'Use dm.fs=ext4 or dm.fs=xfs.',
    });
  return value;
}
