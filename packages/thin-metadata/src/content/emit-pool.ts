import type { ThinId } from '@dmthin/domain';
import type { Superblock } from '../format/superblock.ts';
import type { PoolReader } from '../read/pool-reader.ts';
import type { Steps } from '../read/steps.ts';
import type { PoolHeader, PoolSink } from './pool-content.ts';
import { RunMerger } from './run-merger.ts';

export interface EmitOptions {
  /** Only these devices; all of them without it. */
  readonly devices?: ReadonlySet<ThinId> | undefined;
  /** Devices without what they map. */
  readonly skipMappings?: boolean | undefined;
  /** How many data blocks the pool has, where what is read does not say it: metadata that is held for user space. */
  readonly dataBlocks?: number | undefined;
}

/**
 * Hands a pool's content to a sink, and stops before every block it reads and after every leaf, so that whoever iterates
 * can pass on what piled up.
 * @throws DmError CORRUPT, IO: some of it cannot be read; what comes before it has been handed out.
 */
export function* emitPool(pool: PoolReader, sink: PoolSink, options: EmitOptions = {}): Steps<undefined> {
  sink.begin(headerOf(pool.superblock, options.dataBlocks ?? pool.dataBlocks));
  for (const thin of pool.walkDevices()) {
    if (typeof thin === 'number') {
      yield thin;
      continue;
    }
    if (options.devices?.has(thin.id) === false) continue;
    sink.beginDevice(thin);
    if (options.skipMappings !== true) yield* emitMappings(pool, thin.id, sink);
    sink.endDevice();
    yield undefined;
  }
  sink.end();
}

function* emitMappings(pool: PoolReader, thin: ThinId, sink: PoolSink): Steps<undefined> {
  const runs = new RunMerger(sink);
  for (const step of pool.walkMappings(thin)) {
    if (typeof step !== 'number') runs.leaf(step);
    yield typeof step === 'number' ? step : undefined;
  }
  runs.flush();
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
