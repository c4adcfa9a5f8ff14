import type { BlockDevices, CancelSignal } from '@dmthin/ports';
import { walkDump } from '@dmthin/thin-metadata';
import { attempting } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import { throwIfAborted } from '../wait/cancel-source.ts';
import { itemsOf } from './fetched-metadata.ts';
import { takeMetadataSnapshot } from './metadata-snapshot.ts';

/**
 * See `ThinPool.metadataBackup`. Where the pool is closed, the metadata snapshot is released at once, wherever its reader
 * is.
 */
export async function* metadataBackup(
  context: PoolContext,
  blockDevices: BlockDevices,
  signal?: CancelSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { gate, pool } = context;
  const leave = gate.enter();
  try {
    const held = await takeMetadataSnapshot(context, blockDevices);
    const release = (): Promise<void> => held.release().finally(leave);
    const stop = (): void => void release().catch(() => undefined);
    gate.closing.addEventListener('abort', stop, { once: true });
    try {
      const dump = walkDump(held.pool, { dataBlocks: Number(held.status.data.total) });
      for await (const text of itemsOf(held.metadata, dump, signal)) {
        throwIfAborted(gate.closing, 'the backup');
        yield text;
      }
    } finally {
      gate.closing.removeEventListener('abort', stop);
      await release();
    }
  } catch (error) {
    throw attempting(`back up the metadata of pool "${pool.name}"`, error);
  } finally {
    leave();
  }
}
