import { corrupt } from './corrupt.ts';

/** Options of `dmsetup info` for one line of columns. No name has a `/` in it, so that nothing in one ends the column. */
export function columnOptions(...columns: readonly string[]): readonly string[] {
  return ['--columns', '--noheadings', '--separator', '/', '--options', ['name', ...columns].join(',')];
}

/**
 * Reads the one line of columns; the first is the name, the rest are what was asked for.
 * @throws DmError CORRUPT: not one whole line of `count` columns after the name.
 */
export function parseColumns(stdout: string, count: number, operation: string, subject?: string): readonly string[] {
  const columns = stdout.slice(0, -1).split('/');
  if (!stdout.endsWith('\n') || columns.length !== count + 1 || columns.includes(''))
    throw corrupt(stdout, operation, subject);
  return columns;
}
