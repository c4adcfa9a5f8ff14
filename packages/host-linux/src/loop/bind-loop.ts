import { ERRNO } from '@dmthin/domain';
import { callLibc, type LibcReply } from '@dmthin/libc';
import { encodeLoopConfig, encodeLoopInfo, LO_FLAGS, type LoopInfo } from './loop-config.ts';

// linux/loop.h
const LOOP_SET_FD = 0x4c00;
const LOOP_CLR_FD = 0x4c01;
const LOOP_SET_STATUS64 = 0x4c04;
const LOOP_SET_DIRECT_IO = 0x4c08;
const LOOP_CONFIGURE = 0x4c0a;

const UNKNOWN_TO_OLD_KERNELS: readonly number[] = [ERRNO.EINVAL, ERRNO.ENOTTY];

/** Puts a file behind an idle loop device; EBUSY where somebody else was first. */
export function bindLoop(loopFd: number, fileFd: number, info: LoopInfo): LibcReply {
  const reply = bindAtOnce(loopFd, fileFd, info);
  return UNKNOWN_TO_OLD_KERNELS.includes(reply.errno) ? bindInSteps(loopFd, fileFd, info) : reply;
}

/** By one call, since Linux 5.8. Where the file's file system has no direct I/O, it leaves that out by itself. */
function bindAtOnce(loopFd: number, fileFd: number, info: LoopInfo): LibcReply {
  return callLibc('ioctl', loopFd, LOOP_CONFIGURE, encodeLoopConfig(fileFd, info));
}

/** As Linux before 5.8 has it; the device is without its flags for a moment. */
export function bindInSteps(loopFd: number, fileFd: number, info: LoopInfo): LibcReply {
  const bound = callLibc('ioctl', loopFd, LOOP_SET_FD, fileFd);
  if (bound.result === -1) return bound;
  const named = callLibc('ioctl', loopFd, LOOP_SET_STATUS64, encodeLoopInfo(info));
  if (named.result === -1) callLibc('ioctl', loopFd, LOOP_CLR_FD);
  else if ((info.flags & LO_FLAGS.DIRECT_IO) !== 0) callLibc('ioctl', loopFd, LOOP_SET_DIRECT_IO, 1);
  return named;
}
