import { EXIT_STATUS, READER_GONE } from '../output/failure.ts';

/** `[status, meaning]`, by status: what scripts may rely on. */
export function exitStatuses(): readonly (readonly [status: number, meaning: string])[] {
  const byStatus = new Map<number, string[]>([
    [0, ['done']],
    [READER_GONE, ['whoever read standard output closed it (`| head`)']],
  ]);
  for (const [code, status] of Object.entries(EXIT_STATUS)) {
    const codes = byStatus.get(status);
    if (codes === undefined) byStatus.set(status, [code]);
    else codes.push(code);
  }
  byStatus.get(1)?.push('and any error without a code');
  return [...byStatus].sort(([one], [other]) => one - other).map(([status, codes]) => [status, codes.join(', ')]);
}
