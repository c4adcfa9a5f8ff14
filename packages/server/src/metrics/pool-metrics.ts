import type { PoolMode } from '@dmthin/domain';
import type { DriverStatus } from 'dmthin';
import { Gauge, type Registry } from 'prom-client';

const MODES: readonly (PoolMode | 'fail')[] = ['rw', 'ro', 'out_of_data_space', 'fail'];

/** What is shown of a pool and of what is in it: a driver's layers, or a snapshotter's snapshots. */
export type ShownStatus = Pick<
  DriverStatus,
  'poolName' | 'pool' | 'data' | 'metadata' | 'layers' | 'deferredDeletedCount'
>;

/** Sets what is shown; nothing is shown where there is none. */
export type ShowStatus = (status: ShownStatus | undefined) => void;

export function poolMetrics(registry: Registry): ShowStatus {
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): Gauge =>
    new Gauge({ name: `dmthin_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  const space = gauge('pool_bytes', 'Space of the pool by device and kind.', ['device', 'kind']);
  const mode = gauge('pool_mode', '1 for the mode that the pool is in.', ['mode']);
  const needsCheck = gauge('pool_needs_check', '1 where the metadata must be checked before the pool takes writes.');
  const layers = gauge('layers', 'Layers, images and containers together; snapshots of containerd.');
  const deleted = gauge('layers_deleted', 'Layers that are deleted once their last user lets go.');
  return (status) => {
    for (const one of [space, mode]) one.reset();
    // Reset, they would be shown as 0.
    for (const one of [needsCheck, layers, deleted]) one.remove();
    if (status === undefined) return;
    for (const device of ['data', 'metadata'] as const)
      for (const kind of ['used', 'total', 'available'] as const)
        space.set({ device, kind }, Number(status[device][kind]));
    const { pool } = status;
    const present = pool.kind === 'ok' ? pool.mode : pool.kind;
    for (const one of MODES) mode.set({ mode: one }, one === present ? 1 : 0);
    needsCheck.set(pool.kind === 'ok' && pool.needsCheck ? 1 : 0);
    layers.set(status.layers);
    deleted.set(status.deferredDeletedCount);
  };
}
