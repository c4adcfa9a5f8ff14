import { parseDeviceNumber } from '@dmthin/domain';
import type { MountPoint } from '@dmthin/ports';

/** Fields of a line of /proc/PID/mountinfo (proc_pid_mountinfo(5)), before its optional ones. */
const FIELD = { number: 2, target: 4, optional: 6 } as const;

/** Every mount, in the order in which they were made; of those at one target, the last covers the others. */
export function parseMountInfo(text: Uint8Array): readonly MountPoint[] {
  // Paths may be any bytes, so the lines are cut as bytes and their fields decoded afterwards.
  const lines = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1').split('\n');
  return lines.filter((line) => line !== '').map(parseLine);
}

function parseLine(line: string): MountPoint {
  const fields = line.split(' ');
  // Any number of optional fields, then a dash that ends them.
  const rest = fields.slice(fields.indexOf('-', FIELD.optional) + 1);
  return {
    target: unmangled(fields[FIELD.target] ?? ''),
    source: unmangled(rest[1] ?? ''),
    type: unmangled(rest[0] ?? ''),
    number: parseDeviceNumber(fields[FIELD.number] ?? ''),
  };
}

/** The kernel writes space, tab, newline, backslash and # as three octal digits (fs/proc_namespace.c, mangle). */
function unmangled(field: string): string {
  const bytes = field.replace(/\\([0-7]{3})/gu, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
