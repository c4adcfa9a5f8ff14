import { DmError, type ErrnoName, type ThinId } from '@dmthin/domain';

export function idTaken(id: ThinId): DmError {
  return new DmError('ALREADY_EXISTS', `the pool already has a thin device ${id}`, {
    errno: 'EEXIST',
    operation: 'create',
    subject: `thin device ${id}`,
    remedy: 'Choose another thin id.',
  });
}

export function noSuchThin(id: ThinId, operation: string): DmError {
  return new DmError('NO_DATA', `the pool has no thin device ${id}`, {
    errno: 'ENODATA',
    operation,
    subject: `thin device ${id}`,
  });
}

export function thinIsOpen(id: ThinId): DmError {
  return new DmError('BUSY', `cannot delete thin device ${id}: it is open`, {
    errno: 'EBUSY',
    operation: 'delete',
    subject: `thin device ${id}`,
    remedy: 'Deactivate the device first.',
  });
}

export function transactionMoved(wanted: bigint, actual: bigint): DmError {
  return new DmError('INVALID_ARGUMENT', `the pool's transaction id is ${actual}, not ${wanted}`, {
    errno: 'EINVAL',
    operation: 'set_transaction_id',
    remedy: 'Another program changed the pool: read its state again.',
  });
}

export function alreadyHeld(heldRoot: number): DmError {
  return new DmError('BUSY', `the pool already holds metadata for user space, in metadata block ${heldRoot}`, {
    errno: 'EBUSY',
    operation: 'reserve_metadata_snap',
    remedy: 'Release it before holding another.',
  });
}

export function nothingHeld(): DmError {
  return new DmError('INVALID_ARGUMENT', 'the pool holds no metadata for user space', {
    errno: 'EINVAL',
    operation: 'release_metadata_snap',
  });
}

export function cannotShrink(what: 'data' | 'metadata', from: number, to: number): DmError {
  return new DmError('INVALID_ARGUMENT', `cannot shrink the ${what} device from ${from} to ${to} blocks`, {
    errno: 'EINVAL',
    operation: 'resize',
    subject: `${what} device`,
    remedy: 'Give the device its former size back.',
  });
}

/** The pool takes no changes, or nothing at all. */
export function refused(errno: Extract<ErrnoName, 'EPERM' | 'EINVAL'>): DmError {
  return errno === 'EPERM'
    ? new DmError('READ_ONLY', "the pool's metadata is read-only", { errno, operation: 'update' })
    : new DmError('READ_ONLY', 'the pool failed: its metadata could not be read back after an abort', {
        errno,
        operation: 'update',
        remedy: 'Take the pool down, check its metadata device, and open the pool again.',
      });
}

export function unformatted(): DmError {
  return new DmError('NOT_PERMITTED', 'the metadata device holds no pool, and none is to be made', {
    errno: 'EPERM',
    operation: 'open',
    subject: 'metadata device',
    remedy: 'Check that this is the right device; open it without read_only to format it.',
  });
}

export function devicesAreOpen(): DmError {
  return new DmError('BUSY', 'cannot close the pool: thin devices are open', {
    errno: 'EBUSY',
    operation: 'close',
    remedy: 'Deactivate them first.',
  });
}
