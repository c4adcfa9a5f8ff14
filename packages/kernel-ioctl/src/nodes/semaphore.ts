import { randomInt } from 'node:crypto';
import { DmError, errnoName } from '@dmthin/domain';
import { callLibc } from '@dmthin/libc';

const IPC_CREAT = 0o1000;
const IPC_EXCL = 0o2000;
const IPC_RMID = 0;
const SETVAL = 16;
const IPC_NOWAIT = 0o4000;
const OWNER_ONLY = 0o600;
/** DM_COOKIE_MAGIC (lvm2, libdm/libdm-common.h): the high half of every cookie's key. */
const COOKIE_MAGIC = 0x0d4d;

const EINTR = 4;
const EAGAIN = 11;
const EEXIST = 17;
const EINVAL = 22;
const ENOSPC = 28;
const EIDRM = 43;

/** A SysV semaphore that udev counts down (`dmsetup udevcomplete`), known by the low half of its key. */
export interface CookieSemaphore {
  readonly id: number;
  /** 1 to 65,535. */
  readonly cookie: number;
}

/**
 * Makes a semaphore of value 1: the maker's own share.
 * @throws DmError NO_SPACE: the system's limit. NOT_SUPPORTED: no SysV semaphores here.
 */
export function createSemaphore(): CookieSemaphore {
  for (;;) {
    const cookie = randomInt(1, 0x1_0000);
    const { result, errno } = callLibc(
      'semget',
      COOKIE_MAGIC * 0x1_0000 + cookie,
      1,
      IPC_CREAT | IPC_EXCL | OWNER_ONLY,
    );
    if (result === -1 && errno === EEXIST) continue;
    if (result === -1) throw semgetError(errno);
    callLibc('semctl', result, 0, SETVAL, 1);
    return { id: result, cookie };
  }
}

export function removeSemaphore(id: number): void {
  callLibc('semctl', id, 0, IPC_RMID);
}

/** Adds to the semaphore; false where it is gone. */
export function addToSemaphore(id: number, change: 1 | -1): boolean {
  return callLibc('semop', id, operation(change, IPC_NOWAIT), 1).result === 0;
}

/** Waits for zero, at most `milliseconds`; false where that was not enough. Whoever removed it ended the wait. */
export function awaitZero(id: number, milliseconds: number): boolean {
  const end = performance.now() + milliseconds;
  for (;;) {
    const left = Math.max(0, end - performance.now());
    const { result, errno } = callLibc('semtimedop', id, operation(0, 0), 1, timespec(left));
    if (result === 0 || errno === EIDRM || errno === EINVAL) return true;
    if (errno === EAGAIN) return false;
    if (errno !== EINTR)
      throw new DmError('IO', `semtimedop failed: ${errnoName(errno) ?? errno}`, { operation: 'udev wait' });
  }
}

/** `struct sembuf`: number, operation, flags; 16 bits each. */
function operation(change: number, flags: number): Uint8Array {
  const sembuf = new DataView(new ArrayBuffer(6));
  sembuf.setInt16(2, change, true);
  sembuf.setInt16(4, flags, true);
  return new Uint8Array(sembuf.buffer);
}

/** `struct timespec` of 64-bit Linux. */
function timespec(milliseconds: number): Uint8Array {
  const spec = new DataView(new ArrayBuffer(16));
  spec.setBigInt64(0, BigInt(Math.floor(milliseconds / 1000)), true);
  spec.setBigInt64(8, BigInt(Math.floor((milliseconds % 1000) * 1e6)), true);
  return new Uint8Array(spec.buffer);
}

function semgetError(errno: number): DmError {
  const details = { errno: errnoName(errno), operation: 'semget', subject: 'udev cookie' };
  if (errno === ENOSPC)
    return new DmError('NO_SPACE', 'device-mapper: no semaphore is left for a udev cookie; nothing was changed', {
      ...details,
      remedy: 'Raise kernel.sem; `ipcs -s` lists them, `dmsetup udevcomplete_all` frees those that were forgotten.',
    });
  return new DmError('NOT_SUPPORTED', `device-mapper: semget for a udev cookie failed: ${errnoName(errno) ?? errno}`, {
    ...details,
    remedy: 'Where no udev runs, set DM_DISABLE_UDEV=1.',
  });
}
