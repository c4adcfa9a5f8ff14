import type { Table } from '@dmthin/domain';
import type { TargetSpec } from '../target/target.ts';
import { toBytes } from '../text/byte-string.ts';

/** The lines as the kernel is given them: backslashes doubled, as libdm doubles them, since the kernel un-quotes. */
export function* specsOf(table: Table): Generator<TargetSpec> {
  for (const { start, length, type, params } of table)
    yield { start, length, type: toBytes(type), params: toBytes(params).replaceAll('\\', '\\\\') };
}

/** The table on one line, for fault patterns and messages. */
export function printTable(table: Table): string {
  return table.map(({ start, length, type, params }) => `${start} ${length} ${type} ${params}`.trimEnd()).join('; ');
}
