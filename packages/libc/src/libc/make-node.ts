import { type DeviceNumber, encodeDevice } from '@dmthin/domain';
import { callLibc, cString, type LibcReply } from './call-libc.ts';

const TYPE = { block: 0o060000, character: 0o020000, fifo: 0o010000 } as const; // S_IFBLK, S_IFCHR, S_IFIFO
const AT_FDCWD = -100;
/** mknodat(2): as a system call, for glibc has mknod(3) since 2.33 only. */
const SYS_MKNODAT: Readonly<Record<string, number>> = { x64: 259, arm64: 33 };
const ENOSYS = 38;

export type NodeType = keyof typeof TYPE;

/** mknod(2). The mode is that of open(2): the process's umask applies. */
export function makeNode(path: string | Uint8Array, type: NodeType, mode: number, number: DeviceNumber): LibcReply {
  const system = SYS_MKNODAT[process.arch];
  if (system === undefined) return { result: -1, errno: ENOSYS };
  return callLibc('syscall', system, AT_FDCWD, cString(path), TYPE[type] | mode, Number(encodeDevice(number)));
}
