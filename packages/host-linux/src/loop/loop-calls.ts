import { closeSync, constants, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type DeviceNumber, DmError, decodeDevice, ERRNO, sameDevice } from '@dmthin/domain';
import { callLibc, makeNode } from '@dmthin/libc';
import type { LoopDevice } from '@dmthin/ports';
import { attempt, errnoOf, must, systemError } from '../error/system-error.ts';
import { bindLoop } from './bind-loop.ts';
import { decodeLoopStatus, emptyLoopInfo, LO_FLAGS, type LoopStatus } from './loop-config.ts';

// linux/loop.h
const LOOP_CLR_FD = 0x4c01;
const LOOP_GET_STATUS64 = 0x4c05;
const LOOP_SET_CAPACITY = 0x4c07;
const LOOP_CTL_GET_FREE = 0x4c82;
const CONTROL = '/dev/loop-control';
/** Documentation/admin-guide/devices.txt. */
const LOOP_MAJOR = 7;
const NODE_MODE = 0o660;
/** Others may take the free device that was told, again and again; a hundred times is no coincidence. */
const ATTEMPTS = 100;

/** A loop device that this process holds open, so that it does not detach itself before it has a user. */
export interface AttachedLoop {
  readonly minor: number;
  readonly heldBy: number;
}

/** @throws DmError as `LoopDevices.attach` has it. */
export function attachLoop(file: string, readOnly: boolean): AttachedLoop {
  const access = readOnly ? constants.O_RDONLY : constants.O_RDWR;
  const flags = LO_FLAGS.AUTOCLEAR | LO_FLAGS.DIRECT_IO | (readOnly ? LO_FLAGS.READ_ONLY : 0);
  const fileFd = attempt('attach', file, () => openSync(file, access));
  try {
    for (let left = ATTEMPTS; left > 0; left -= 1) {
      const minor = freeLoop();
      const heldBy = openLoop(minor, access);
      const { result, errno } = bindLoop(heldBy, fileFd, { flags, fileName: file });
      if (result === 0) return { minor, heldBy };
      closeSync(heldBy);
      if (errno !== ERRNO.EBUSY) throw systemError('attach', file, errno);
    }
  } finally {
    closeSync(fileFd);
  }
  throw systemError('attach', file, 'EBUSY', `others took every loop device that was free, ${ATTEMPTS} times`);
}

/** Detaches where the loop device is still this file's; who holds it open at last lets go of it. */
export function detachLoop(loop: LoopDevice, heldBy: number | undefined): void {
  try {
    if (heldBy === undefined && !isStill(loop)) return;
    const { minor } = loop.number;
    withLoop(minor, (fd) => {
      const reply = callLibc('ioctl', fd, LOOP_CLR_FD);
      if (reply.errno !== ERRNO.ENXIO) must('detach', loopPath(minor), reply);
    });
  } finally {
    if (heldBy !== undefined) closeSync(heldBy);
  }
}

export function refreshLoop(loop: LoopDevice): void {
  withLoop(loop.number.minor, (fd) => must('refresh', loop.path, callLibc('ioctl', fd, LOOP_SET_CAPACITY)));
}

export function findLoop(file: string): LoopDevice | undefined {
  const found = attempt('find', file, () => statSync(file, { bigint: true, throwIfNoEntry: false }));
  if (found === undefined) return undefined;
  const minor = attachedMinors().find((candidate) => {
    const status = loopStatus(candidate);
    return status !== undefined && isBehind(status, found);
  });
  return minor === undefined ? undefined : loopDevice(minor, file);
}

export function listLoops(): readonly LoopDevice[] {
  return attachedMinors().flatMap((minor) => {
    const file = backingFile(minor);
    return file === undefined ? [] : [loopDevice(minor, file)];
  });
}

export function loopDevice(minor: number, file: string): LoopDevice {
  return { path: loopPath(minor), number: { major: LOOP_MAJOR, minor }, file };
}

function loopPath(minor: number): string {
  return `/dev/loop${minor}`;
}

function freeLoop(): number {
  const control = attempt('attach', CONTROL, () => {
    try {
      return openSync(CONTROL, 'r+');
    } catch (cause) {
      if (errnoOf(cause) !== 'ENOENT') throw cause;
      throw new DmError('UNAVAILABLE', `attach ${CONTROL}: ENOENT, there are no loop devices here`, {
        errno: 'ENOENT',
        operation: 'attach',
        subject: CONTROL,
        remedy: 'Load the driver (modprobe loop), or give the container this device.',
        cause,
      });
    }
  });
  try {
    const { result, errno } = callLibc('ioctl', control, LOOP_CTL_GET_FREE);
    if (result >= 0) return result;
    throw systemError('attach', CONTROL, errno === ERRNO.EEXIST ? 'ENOSPC' : errno, 'no loop device is free', {
      remedy: 'Detach those that nobody needs (losetup --list), or load the loop module with a larger max_loop.',
    });
  } finally {
    closeSync(control);
  }
}

/** Where /dev is nobody's (a container), the kernel's new devices have no nodes. */
function openLoop(minor: number, access: number): number {
  const path = loopPath(minor);
  return attempt('open', path, () => {
    try {
      return openSync(path, access);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      const reply = makeNode(path, 'block', NODE_MODE, { major: LOOP_MAJOR, minor });
      if (reply.errno !== ERRNO.EEXIST) must('mknod', path, reply);
      return openSync(path, access);
    }
  });
}

function withLoop<Result>(minor: number, work: (fd: number) => Result): Result {
  const fd = openLoop(minor, constants.O_RDONLY);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

/** Those with a file behind them, ascending. */
function attachedMinors(): readonly number[] {
  return readdirSync('/sys/block')
    .flatMap((name) => /^loop(\d+)$/u.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((minor) => backingFile(minor) !== undefined)
    .sort((one, other) => one - other);
}

/** The file's name now; `... (deleted)` where it has none any more. */
function backingFile(minor: number): string | undefined {
  try {
    return readFileSync(`/sys/block/loop${minor}/loop/backing_file`, 'utf8').replace(/\n$/u, '');
  } catch {
    return undefined;
  }
}

/** undefined: nothing is attached. */
function loopStatus(minor: number): LoopStatus | undefined {
  return withLoop(minor, (fd) => {
    const info = emptyLoopInfo();
    const reply = callLibc('ioctl', fd, LOOP_GET_STATUS64, info);
    if (reply.errno === ERRNO.ENXIO) return undefined;
    must('status of', loopPath(minor), reply);
    return decodeLoopStatus(info);
  });
}

/** Whether the loop device has not been given to another file meanwhile. */
function isStill({ number, file }: LoopDevice): boolean {
  const behind = backingFile(number.minor);
  if (behind === undefined) return false;
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return behind === file || behind === `${file} (deleted)`;
  const status = loopStatus(number.minor);
  return status !== undefined && isBehind(status, found);
}

function isBehind(status: LoopStatus, { dev, ino }: { dev: bigint; ino: bigint }): boolean {
  const device: DeviceNumber = decodeDevice(dev);
  return sameDevice(status.device, device) && status.inode === ino;
}
