import { BASE_VOLUME, type VolumeId } from '@dmthin/domain';
import type { Volume } from '@dmthin/engine';
import type { DriverContext } from '../driver/driver-context.ts';
import type { Layer, LayerMetadata } from '../graph-driver.ts';
import { rootfsOf } from '../layout/root-layout.ts';
import { unknownLayer } from './unknown-layer.ts';

/** All but those that are half received. */
export function layersOf(context: DriverContext): Layer[] {
  const layers: Layer[] = [];
  for (const volume of context.pool.volumes())
    if (volume.id !== BASE_VOLUME && context.halves.of(volume.id) === undefined) layers.push(layerOf(context, volume));
  return layers;
}

/** @throws DmError NOT_FOUND. */
export function layerWith(context: DriverContext, id: VolumeId): Layer {
  return layerOf(context, volumeWith(context, id));
}

/** Docker's `GraphDriver.Data` (docker-devicemapper.md 3). @throws DmError NOT_FOUND. */
export function metadataOf(context: DriverContext, id: VolumeId): LayerMetadata {
  const { thinId, size, deviceName } = volumeWith(context, id);
  return { DeviceId: String(thinId), DeviceSize: String(size), DeviceName: deviceName };
}

function volumeWith({ pool }: DriverContext, id: VolumeId): Volume {
  const volume = pool.find(id);
  if (volume === undefined) throw unknownLayer(id);
  return volume;
}

function layerOf({ lineage, counts, layout }: DriverContext, volume: Volume): Layer {
  const { id, thinId, size, deviceName, isDeleted } = volume;
  return {
    id,
    deviceId: thinId,
    size,
    deviceName,
    parent: lineage.parentOf(id),
    isDeleted,
    mountPath: counts.of(id) > 0 ? rootfsOf(layout, id) : undefined,
  };
}
