import { bytes, DmError } from '@dmthin/domain';
import type { PhysicalVolumeInfo } from '@dmthin/ports';

/** What `pvs --reportformat json --units b --nosuffix -o vg_name,pv_size` says. @throws DmError IO: not that. */
export function physicalVolumeIn(text: string): PhysicalVolumeInfo {
  const [{ vg_name: group = '', pv_size: size = '' } = {}] = rowsOf(text, 'pv');
  if (!/^\d+$/u.test(size)) throw unread(text);
  return { group: group === '' ? undefined : group, size: bytes(BigInt(size)) };
}

/** What `lvs --reportformat json -o lv_name` says. @throws DmError IO: not that. */
export function volumeNamesIn(text: string): readonly string[] {
  return rowsOf(text, 'lv').map(({ lv_name: name = '' }) => name);
}

type Row = Readonly<Record<string, string | undefined>>;

function rowsOf(text: string, kind: 'pv' | 'lv'): readonly Row[] {
  try {
    const { report } = JSON.parse(text) as { readonly report: readonly Readonly<Record<string, readonly Row[]>>[] };
    const rows = report[0]?.[kind];
    if (rows !== undefined) return rows;
  } catch {
    // Told below, with what it was.
  }
  throw unread(text);
}

function unread(text: string): DmError {
  return new DmError('IO', `LVM said something else than a report: ${JSON.stringify(text.slice(0, 200))}`, {
    operation: 'report',
    remedy: 'Run pvs and lvs by hand to see what LVM means.',
  });
}
