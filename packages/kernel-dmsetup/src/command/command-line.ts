import { DmError } from '@dmthin/domain';
import type { CreateOptions, StatusOptions, SuspendOptions } from '@dmthin/ports';

/**
 * A run's arguments: options, then `--`, so that no name or text of a caller is taken for an option, then the command
 * and its operands. Names go to the kernel as they are (`--manglename none`): /dev/mapper/NAME is the node of every name,
 * and libdm refuses none (dm-kernel.md 6.2).
 * @throws DmError INVALID_ARGUMENT: a NUL in an operand.
 */
export function commandLine(
  command: string,
  operands: readonly string[],
  options: readonly string[] = [],
): readonly string[] {
  const words = ['--manglename', 'none', ...options, '--', command, ...operands];
  const bad = words.find((word) => word.includes('\0'));
  if (bad !== undefined) throw new DmError('INVALID_ARGUMENT', `${command}: ${JSON.stringify(bad)} has a NUL in it`);
  return words;
}

/**
 * libdm wants a major number beside the minor, and puts device-mapper's own in its place
 * (lvm2, libdm/ioctl/libdm-iface.c: "Overriding major number").
 */
const ANY_MAJOR = '253';

export function createOptions({ uuid, minor }: CreateOptions): readonly string[] {
  return [
    // The node comes with the first resume, when there is something behind it.
    '--addnodeonresume',
    ...(uuid === undefined ? [] : ['--uuid', uuid]),
    ...(minor === undefined ? [] : ['--major', ANY_MAJOR, '--minor', String(minor)]),
  ];
}

export function suspendOptions({ noFlush, skipLockfs }: SuspendOptions): readonly string[] {
  return [...(noFlush === true ? ['--noflush'] : []), ...(skipLockfs === true ? ['--nolockfs'] : [])];
}

export function tableOptions({ noFlush, inactive }: StatusOptions): readonly string[] {
  return [...(noFlush === true ? ['--noflush'] : []), ...(inactive === true ? ['--inactive'] : [])];
}
