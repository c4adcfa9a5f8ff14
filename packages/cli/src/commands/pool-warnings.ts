import type { PoolStatus } from '@dmthin/domain';

/** What an operator has to know of the pool and Docker's rows do not say (defects 18 and 22). */
export function poolWarnings(pool: PoolStatus): string[] {
  if (pool.kind === 'fail') return ['The pool failed, and takes no I/O until it is made anew; dmthin check says how.'];
  if (pool.kind === 'error') return ['The pool cannot read its counters.'];
  const warnings: string[] = [];
  if (pool.mode === 'ro') warnings.push('The pool is read-only: its metadata is full or was set so.');
  if (pool.mode === 'out_of_data_space') warnings.push('The pool is out of data space: grow it or remove layers.');
  if (pool.needsCheck) warnings.push('The pool needs thin_check before it takes writes again.');
  return warnings;
}
