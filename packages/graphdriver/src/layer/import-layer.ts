import { type Bytes, DmError, type VolumeId } from '@dmthin/domain';
import { orUndo } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import { applyLayerDiff } from '../diff/layer-diff.ts';
import type { DriverContext } from '../driver/driver-context.ts';
import type { CreateLayerOptions } from '../graph-driver.ts';
import { unmountVolume } from '../mount/mount-volume.ts';
import { createLayer, forget } from './create-layer.ts';
import { removeLayer } from './remove-layer.ts';

/** See `GraphDriver.import`. The layer is marked from before it is there until it is whole, whatever cuts this off. */
export async function importLayer(
  context: DriverContext,
  id: VolumeId,
  tar: AsyncIterable<Uint8Array>,
  options: CreateLayerOptions,
  signal?: CancelSignal,
): Promise<Bytes> {
  await createLayer(context, id, options, signal, { isFilled: true });
  const filled = async (): Promise<Bytes> => {
    const size = await applyLayerDiff(context, id, tar, signal);
    await context.filling.remove(id, { lasting: true });
    return size;
  };
  return orUndo(filled(), () => removeLayer(context, id));
}

/** At the start: removes the layers that were being filled when a process died; a finding for each that stays. */
export async function removeUnfinished(context: DriverContext): Promise<readonly string[]> {
  const { filling, pool, ports, layout } = context;
  const findings: string[] = [];
  for (const mark of [...filling.all()]) {
    const id = mark as VolumeId;
    try {
      if (pool.find(id) !== undefined) {
        ports.log.write('warn', `layer "${id}" is removed: it was being filled when its process ended`, {
          root: layout.root,
        });
        await unmountVolume(context, id);
        while (context.counts.of(id) > 0) context.counts.remove(id);
        await pool.delete(id, { sync: true });
      }
      await forget(context, id);
    } catch (error) {
      const reason = DmError.is(error) ? error.message : String(error);
      findings.push(
        `layer "${id}" was not filled whole, and cannot be removed: ${reason}; remove it (dmthin rm ${id})`,
      );
    }
  }
  return findings;
}
