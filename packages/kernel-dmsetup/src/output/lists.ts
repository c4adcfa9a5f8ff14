import type { DeviceName, DeviceNumber } from '@dmthin/domain';
import type { KernelVersion, ListedDevice, TargetVersion } from '@dmthin/ports';
import { corrupt } from './corrupt.ts';

/**
 * Reads `dmsetup ls`. A name may have anything in it but `/` and NUL, line ends and all; only one with the end of such a
 * line in it would be read as two.
 * @throws DmError CORRUPT: cut short, or not such a list.
 */
export function parseList(stdout: string): readonly ListedDevice[] {
  if (stdout === 'No devices found\n') return [];
  const found = stdout.matchAll(/([^/]+?)\t\((\d+):(\d+)\)\n/gu);
  const lines = whole(found, stdout, 'list');
  return lines.map(([name, major, minor]) => ({
    name: name as DeviceName,
    number: { major: Number(major), minor: Number(minor) },
  }));
}

/** Reads `dmsetup targets`. @throws DmError CORRUPT: cut short, or not such a list. */
export function parseTargets(stdout: string): readonly TargetVersion[] {
  const lines = whole(stdout.matchAll(/(\S+) +v(\d+\.\d+\.\d+)\n/gu), stdout, 'targets');
  return lines.map(([type = '', version = '']) => ({ type, version }));
}

/** Reads `dmsetup version`. @throws DmError CORRUPT: cut short, or other lines. */
export function parseVersion(stdout: string): KernelVersion {
  const match = /^Library version: +(\S.*)\nDriver version: +(\d+\.\d+\.\d+)\n$/u.exec(stdout);
  const [, library, driver] = match ?? [];
  if (driver === undefined) throw corrupt(stdout, 'version');
  return { driver, library };
}

/** Reads `dmsetup deps` of one device. @throws DmError CORRUPT: cut short, or fewer than it counts. */
export function parseDeps(stdout: string, device: DeviceName): readonly DeviceNumber[] {
  const match = /^(\d+) dependencies\t:((?: \(\d+, \d+\))*)\n$/u.exec(stdout);
  const numbers = [...(match?.[2] ?? '').matchAll(/\((\d+), (\d+)\)/gu)];
  if (match === null || numbers.length !== Number(match[1])) throw corrupt(stdout, 'deps', device);
  return numbers.map(([, major, minor]) => ({ major: Number(major), minor: Number(minor) }));
}

/** The groups of matches that make up the whole text. */
function whole(matches: Iterable<RegExpExecArray>, text: string, operation: string): readonly (readonly string[])[] {
  const found = [...matches];
  if (text === '' || found.map(([line]) => line).join('') !== text) throw corrupt(text, operation);
  return found.map(([, ...groups]) => groups);
}
