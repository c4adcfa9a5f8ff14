import { BASE_VOLUME, type Bytes, bytes, type VolumeId } from '@dmthin/domain';
import type { VolumeSharing } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { unknownLayer } from './unknown-layer.ts';

/** See `GraphDriver.usage`. */
export async function layerUsage(context: DriverContext, id: VolumeId): Promise<{ readonly mapped: Bytes }> {
  const { pool, ports } = context;
  if (pool.find(id) === undefined) throw unknownLayer(id);
  const mapped = (await pool.usage(id))?.mapped ?? (await pool.mapped(ports.blockDevices)).get(id);
  return { mapped: mapped ?? bytes(0) };
}

/** See `GraphDriver.mapped`. */
export async function layersMapped({ pool, ports }: DriverContext): Promise<ReadonlyMap<VolumeId, Bytes>> {
  return withoutBase(await pool.mapped(ports.blockDevices));
}

/** See `GraphDriver.sharing`. */
export async function layersSharing(
  { pool, ports }: DriverContext,
  signal: CancelSignal | undefined,
): Promise<ReadonlyMap<VolumeId, VolumeSharing>> {
  return withoutBase(await pool.sharing(ports.blockDevices, signal));
}

function withoutBase<Facts>(facts: ReadonlyMap<VolumeId, Facts>): ReadonlyMap<VolumeId, Facts> {
  const layers = new Map(facts);
  layers.delete(BASE_VOLUME);
  return layers;
}
