import Table from 'cli-table3';

/** Columns under their heads, two spaces apart, without lines: what `awk` can read and a person too. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** `label: value` lines, the values under one another. */
export function formatRows(rows: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${`${label}:`.padEnd(width + 2)}${value}`).join('\n');
}

const NO_LINES = Object.fromEntries(
  [
    ...['top', 'bottom', 'left', 'right'].flatMap((side) => [side, `${side}-mid`]),
    ...['top-left', 'top-right', 'bottom-left', 'bottom-right', 'mid', 'mid-mid', 'middle'],
  ].map((name) => [name, '']),
);
