import type { ThinId } from '@dmthin/domain';
import type { Superblock } from '../format/superblock.ts';
import type { PoolReader } from '../read/pool-reader.ts';
import type { PoolHeader, PoolSink } from './pool-content.ts';
import { RunMerger } from './run-merger.ts';

export interface EmitOptions {
  /** Only these devices; all of them without it. */
  readonly devices?: ReadonlySet<ThinId> | undefined;
  /** Devices without what they map. */
  readonly skipMappings?: boolean | undefined;
}

/**
 * Hands a pool's content to a sink, and stops after every leaf, so that whoever iterates can pass on what piled up.
 * @throws DmError CORRUPT, IO: some of it cannot be read; what comes before it has been handed out.
 */
export function* emitPool(pool: PoolReader, sink: PoolSink, options: EmitOptions = {}): Generator<void> {
  sink.begin(headerOf(pool.superblock, pool.dataBlocks));
  for (const thin of pool.thinDevices()) {
    if (options.devices?.has(thin.id) === false) continue;
    sink.beginDevice(thin);
    if (options.skipMappings !== true) {
      const runs = new RunMerger(sink);
      for (const leaf of pool.leaves(thin.id)) {
        runs.leaf(leaf);
        yield;
      }
      runs.flush();
    }
    sink.endDevice();
    yield;
  }
  sink.end();
}

/** `dataBlocks` apart, since a superblock held for user space does not say it. */
export function headerOf(superblock: Superblock, dataBlocks: number): PoolHeader {
  const { uuid, time, transactionId, flags, version, dataBlockSize } = superblock;
  return {
    uuid: String.fromCharCode(...uuid.filter((byte) => byte !== 0)),
    time,
    transactionId,
    flags,
    version,
    dataBlockSize,
    dataBlocks,
  };
}
