import { type DeviceName, type DeviceUuid, parseTargetLine, type Table } from '@dmthin/domain';
import type { DeviceInfo } from '@dmthin/ports';
import { corrupt } from './corrupt.ts';

/** A device as `dmsetup -v status` and `-v table` print it: both come from one ioctl. */
export interface DeviceReport {
  /** What no dmsetup tells is left out. */
  readonly info: Omit<DeviceInfo, 'isInternallySuspended'>;
  readonly table: Table;
}

const LABELS = [
  /State: +(?<state>ACTIVE|SUSPENDED)(?<readOnly> \(READ-ONLY\))?(?<deferred> \(DEFERRED REMOVE\))?\n/u,
  /(?:Read Ahead: .*\n)?/u,
  /Tables present: +(?<tables>None|LIVE|INACTIVE|LIVE & INACTIVE)\n/u,
  /Open count: +(?<open>\d+)\n/u,
  /Event number: +(?<events>\d+)\n/u,
  /Major, minor: +(?<major>\d+), (?<minor>\d+)\n/u,
  /Number of targets: +(?<targets>\d+)\n/u,
  // A uuid may be any text, and is the last that is; the lines of the table follow, or one empty line for none.
  /(?:UUID: (?<uuid>[\s\S]+?)\n)?\n(?<lines>(?:\d+ \d+ \S+ .*\n)+|\n)$/u,
];
const REPORT = new RegExp(`^${LABELS.map(({ source }) => source).join('')}`, 'u');

/**
 * Reads the report about `name` (dm-kernel.md 6.4).
 * @throws DmError CORRUPT: cut short, with fewer lines than targets, or not such a report.
 */
export function parseDeviceReport(stdout: string, name: DeviceName, operation: string): DeviceReport {
  const title = `Name:              ${name}\n`;
  const found = stdout.startsWith(title) ? REPORT.exec(stdout.slice(title.length))?.groups : undefined;
  if (found === undefined) throw corrupt(stdout, operation, name);
  const { tables, open, events, major, minor, targets, uuid, lines = '' } = found;
  const table = lines.split('\n').flatMap((line) => (line === '' ? [] : [parseTargetLine(line)]));
  if (table.length !== Number(targets)) throw corrupt(stdout, operation, name);
  const info = {
    name,
    uuid: uuid as DeviceUuid | undefined,
    number: { major: Number(major), minor: Number(minor) },
    openCount: Number(open),
    eventNumber: Number(events),
    hasLiveTable: tables?.startsWith('LIVE') === true,
    hasInactiveTable: tables?.endsWith('INACTIVE') === true,
    isSuspended: found['state'] === 'SUSPENDED',
    isReadOnly: found['readOnly'] !== undefined,
    isDeferredRemove: found['deferred'] !== undefined,
  };
  return { info, table };
}
