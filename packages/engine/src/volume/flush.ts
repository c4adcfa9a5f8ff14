import type { VolumeId } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import { during, orUndo } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import type { Volume } from '../thin-pool.ts';
import { lookAt } from './thin-device.ts';
import { shownId } from './volume-table.ts';

/** See `ThinPool.flush`. */
export async function flushVolume(context: PoolContext, id: VolumeId, signal?: CancelSignal): Promise<void> {
  const volume = context.volumes.get(id);
  await context.locks.run([id], () => during(`flush ${shownId(id)}`, flushOnce(context, volume)), signal);
}

/** Suspending freezes the filesystem, which writes out what it holds (dm-kernel.md 2.2); whatever happens, it goes on. */
async function flushOnce({ ports: { kernel } }: PoolContext, volume: Volume): Promise<void> {
  const state = await lookAt(kernel, volume);
  if (state === undefined || !state.hasLiveTable || state.openCount === 0) return;
  const device = volume.deviceName;
  await orUndo(kernel.suspend(device), () => kernel.resume(device));
  await kernel.resume(device);
}
