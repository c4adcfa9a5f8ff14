import {
  type Bytes,
  type DeviceName,
  type PoolStatus,
  parseDeviceNumber,
  type ThinId,
  type ThinIdAllocator,
  type VolumeId,
} from '@dmthin/domain';
import type { BlockDevices, CancelSignal, PoolRecord, PortCall } from '@dmthin/ports';
import { auditPool, deleteOrphan } from './audit/audit-pool.ts';
import { deleteMarked } from './deletion/delete-marked.ts';
import { DeletionWorker } from './deletion/deletion-worker.ts';
import { poolEvents } from './events/pool-events.ts';
import { attempting } from './failure/failure.ts';
import { FifoLock } from './lock/fifo-lock.ts';
import { changedBlocks } from './metadata/changed-blocks.ts';
import { metadataBackup } from './metadata/metadata-backup.ts';
import { mappedOf, sharingOf } from './metadata/sharing.ts';
import type { PoolContext } from './pool/pool-context.ts';
import type {
  ActivateOptions,
  ChangedBlocksOptions,
  ChangedRange,
  DeleteOptions,
  MappedBytes,
  PoolAudit,
  PoolEvent,
  RecoveryReport,
  ThinPool,
  Volume,
  VolumeReader,
  VolumeSharing,
  VolumeUsage,
} from './thin-pool.ts';
import { type ActiveVolume, activateVolume } from './volume/activate.ts';
import { createVolume } from './volume/create.ts';
import { deactivateVolume } from './volume/deactivate.ts';
import { deleteVolume } from './volume/delete.ts';
import { flushVolume } from './volume/flush.ts';
import { growVolume, markInitialized } from './volume/grow.ts';
import { snapshotVolume } from './volume/snapshot.ts';
import { usageOf } from './volume/usage.ts';
import { openReader } from './volume/volume-reader.ts';

const FRESH: PoolRecord = { lastThinId: 0, baseUuid: '', baseFilesystem: '' };

/** The open pool: the use cases behind one gate, and the worker beside them. */
export class EngineThinPool implements ThinPool {
  readonly name: DeviceName;
  readonly blockSize: Bytes;
  readonly recovery: RecoveryReport;
  readonly opened: ThinPool['opened'];
  readonly #context: PoolContext;
  readonly #ids: ThinIdAllocator;
  readonly #worker: DeletionWorker;
  /** Saves of the pool's record, one after another. */
  readonly #saving = new FifoLock();
  #stored: PoolRecord;

  constructor(context: PoolContext, ids: ThinIdAllocator, stored: PoolRecord | undefined, recovery: RecoveryReport) {
    this.name = context.pool.name;
    this.blockSize = context.blockSize;
    this.recovery = recovery;
    this.opened = { number: parseDeviceNumber(context.opened.word), status: context.opened.status };
    this.#context = context;
    this.#ids = ids;
    this.#stored = stored ?? FRESH;
    this.#worker = new DeletionWorker(context);
    this.#worker.start();
  }

  get counts(): ThinPool['counts'] {
    const { size, markedCount } = this.#context.volumes;
    return { all: size, deleted: markedCount };
  }

  volumes(): Iterable<Volume> {
    return this.#context.volumes.all();
  }

  find(id: VolumeId): Volume | undefined {
    return this.#context.volumes.find(id);
  }

  get(id: VolumeId): Volume {
    return this.#context.volumes.get(id);
  }

  setMinFreeSpace(percent: number): void {
    this.#context.settings = { ...this.#context.settings, minFreeSpacePercent: percent };
  }

  create(id: VolumeId, size: Bytes, signal?: CancelSignal): Promise<Volume> {
    return this.#context.gate.run(() => createVolume(this.#context, id, size, signal));
  }

  snapshot(
    id: VolumeId,
    origin: VolumeId,
    size?: Bytes,
    signal?: CancelSignal,
    before: readonly PortCall[] = [],
  ): Promise<Volume> {
    return this.#context.gate.run(() => snapshotVolume(this.#context, id, origin, { size, before }, signal));
  }

  delete(id: VolumeId, options: DeleteOptions = {}, signal?: CancelSignal): Promise<'deleted' | 'deferred'> {
    return this.#context.gate.run(() => deleteVolume(this.#context, id, options, signal));
  }

  async activate(id: VolumeId, options: ActivateOptions = {}, signal?: CancelSignal): Promise<DeviceName> {
    return (await this.activateAnd(id, [], options, signal)).deviceName;
  }

  activateAnd(
    id: VolumeId,
    calls: readonly PortCall[],
    options: ActivateOptions = {},
    signal?: CancelSignal,
  ): Promise<ActiveVolume> {
    return this.#context.gate.run(() => activateVolume(this.#context, id, calls, options, signal));
  }

  flush(id: VolumeId, signal?: CancelSignal): Promise<void> {
    return this.#context.gate.run(() => flushVolume(this.#context, id, signal));
  }

  deactivate(id: VolumeId, signal?: CancelSignal): Promise<void> {
    return this.#context.gate.run(() => deactivateVolume(this.#context, id, [], signal));
  }

  deactivateAfter(id: VolumeId, calls: readonly PortCall[], signal?: CancelSignal): Promise<void> {
    return this.#context.gate.run(() => deactivateVolume(this.#context, id, calls, signal));
  }

  grow(id: VolumeId, size: Bytes, signal?: CancelSignal): Promise<Volume> {
    return this.#context.gate.run(() => growVolume(this.#context, id, size, signal));
  }

  markInitialized(id: VolumeId): Promise<void> {
    return this.#context.gate.run(() => markInitialized(this.#context, id));
  }

  usage(id: VolumeId): Promise<VolumeUsage | undefined> {
    return this.#context.gate.run(() => usageOf(this.#context, id));
  }

  mapped(blockDevices: BlockDevices): Promise<MappedBytes> {
    return this.#context.gate.run(() => mappedOf(this.#context, blockDevices));
  }

  sharing(blockDevices: BlockDevices, signal?: CancelSignal): Promise<ReadonlyMap<VolumeId, VolumeSharing>> {
    return this.#context.gate.run(() => sharingOf(this.#context, blockDevices, signal));
  }

  changedBlocks(
    blockDevices: BlockDevices,
    id: VolumeId,
    options: ChangedBlocksOptions = {},
    signal?: CancelSignal,
  ): AsyncIterable<ChangedRange> {
    return changedBlocks(this.#context, blockDevices, id, options, signal);
  }

  openReader(blockDevices: BlockDevices, id: VolumeId): Promise<VolumeReader> {
    return this.#context.gate.run(() => openReader(this.#context, blockDevices, id));
  }

  metadataBackup(blockDevices: BlockDevices, signal?: CancelSignal): AsyncIterable<Uint8Array> {
    return metadataBackup(this.#context, blockDevices, signal);
  }

  status(): Promise<PoolStatus> {
    return this.#context.gate.run(() => this.#context.pool.status());
  }

  get poolRecord(): PoolRecord {
    return { ...this.#stored, lastThinId: this.#ids.last };
  }

  savePoolRecord(change: Partial<Omit<PoolRecord, 'lastThinId'>>): Promise<void> {
    return this.#context.gate.run(() => this.#save(change));
  }

  deleteMarked(signal?: CancelSignal): Promise<number> {
    return this.#context.gate.run(async () => {
      let gone = 0;
      const count = (_id: VolumeId, outcome: string): void => {
        if (outcome === 'gone') gone += 1;
      };
      await deleteMarked(this.#context, this.#context.volumes.marked(), count, signal);
      return gone;
    });
  }

  audit(blockDevices: BlockDevices): Promise<PoolAudit> {
    return this.#context.gate.run(() => auditPool(this.#context, blockDevices));
  }

  deleteOrphan(id: ThinId): Promise<void> {
    return this.#context.gate.run(() => deleteOrphan(this.#context, id));
  }

  events(signal: CancelSignal): AsyncIterable<PoolEvent> {
    return poolEvents(this.#context, signal);
  }

  close(): Promise<void> {
    return this.#context.gate.close(async () => {
      try {
        await this.#worker.stopped();
        await this.#save({});
      } finally {
        await this.#context.settings.afterClose?.();
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #save(change: Partial<Omit<PoolRecord, 'lastThinId'>>): Promise<void> {
    await this.#saving.run(async () => {
      const record: PoolRecord = { ...this.#stored, ...change, lastThinId: this.#ids.last };
      try {
        await this.#context.ports.records.savePool(record);
      } catch (error) {
        throw attempting(`save the record of pool "${this.name}"`, error);
      }
      this.#stored = record;
    });
  }
}
