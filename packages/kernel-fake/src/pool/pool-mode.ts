/** How a pool treats changes, each worse than the one before (enum pool_mode in dm-thin.c; dm-kernel.md 3.5). */
export type PoolMode = 'write' | 'out-of-data-space' | 'out-of-metadata-space' | 'read-only' | 'fail';

/** Whether the metadata still takes changes; messages are answered only then. */
export function takesChanges(mode: PoolMode): boolean {
  return mode === 'write' || mode === 'out-of-data-space';
}

/** Shown as `ro`. */
export function isReadOnly(mode: PoolMode): boolean {
  return mode === 'out-of-metadata-space' || mode === 'read-only';
}
