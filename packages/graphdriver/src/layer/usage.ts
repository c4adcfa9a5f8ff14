import { type Bytes, bytes, type VolumeId } from '@dmthin/domain';
import { withUndoError } from '@dmthin/engine';
import type { DriverContext } from '../driver/driver-context.ts';
import { unknownLayer } from './unknown-layer.ts';

/** See `GraphDriver.usage`. Only a live device can be asked; one that is not mounted is made live for a moment. */
export async function layerUsage(context: DriverContext, id: VolumeId): Promise<{ readonly mapped: Bytes }> {
  const { pool, counts, locks } = context;
  if (pool.find(id) === undefined) throw unknownLayer(id);
  const live = await pool.usage(id);
  if (live !== undefined) return { mapped: live.mapped };
  return locks.run([id], async () => {
    await pool.activate(id);
    let mapped: Bytes;
    try {
      mapped = (await pool.usage(id))?.mapped ?? bytes(0);
    } catch (error) {
      await pool.deactivate(id).catch((undoError: unknown) => {
        throw withUndoError(error, undoError);
      });
      throw error;
    }
    if (counts.of(id) === 0) await pool.deactivate(id);
    return { mapped };
  });
}
