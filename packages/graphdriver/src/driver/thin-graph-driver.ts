import { type Bytes, isVolumeId, parseStorageOptions, reloadOptions, type VolumeId, volumeId } from '@dmthin/domain';
import type { ChangedRange, VolumeSharing } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import { checkRoot } from '../check/check-root.ts';
import type { Finding } from '../check/finding.ts';
import { applyLayerDiff, layerChanges, layerDiff, layerDiffSize } from '../diff/layer-diff.ts';
import type {
  Change,
  CreateLayerOptions,
  DriverStatus,
  GraphDriver,
  Layer,
  LayerMetadata,
  PendingReceive,
  SendOptions,
} from '../graph-driver.ts';
import { createLayer } from '../layer/create-layer.ts';
import { importLayer } from '../layer/import-layer.ts';
import { layersOf, layerWith, metadataOf } from '../layer/layer-view.ts';
import { removeLayer } from '../layer/remove-layer.ts';
import { layersMapped, layersSharing, layerUsage } from '../layer/usage.ts';
import { mountLayer, unmountLayer } from '../mount/mount-layer.ts';
import { type PoolSizes, resizePool } from '../pool/resize-pool.ts';
import { pendingReceives, refuseHalf } from '../send/pending-receives.ts';
import { receiveLayer } from '../send/receive-layer.ts';
import { resumeSend, sendLayer } from '../send/send-layer.ts';
import { driverStatus } from '../status/driver-status.ts';
import { takeDown } from './close-driver.ts';
import type { DriverContext } from './driver-context.ts';

/** The open driver: ids are checked here, and nothing gets in once closing has begun. */
export class ThinGraphDriver implements GraphDriver {
  readonly root: string;
  readonly #context: DriverContext;

  constructor(context: DriverContext) {
    this.root = context.layout.root;
    this.#context = context;
  }

  async create(id: string, options: CreateLayerOptions = {}, signal?: CancelSignal): Promise<Layer> {
    return this.#run(async () => {
      const layer = this.#whole(id);
      await createLayer(this.#context, layer, { ...options, parent: this.#parent(options.parent) }, signal);
      return layerWith(this.#context, layer);
    });
  }

  async import(
    id: string,
    tar: AsyncIterable<Uint8Array>,
    options: CreateLayerOptions = {},
    signal?: CancelSignal,
  ): Promise<Bytes> {
    return this.#run(() =>
      importLayer(this.#context, this.#whole(id), tar, { ...options, parent: this.#parent(options.parent) }, signal),
    );
  }

  async remove(id: string, signal?: CancelSignal): Promise<void> {
    await this.#run(() => removeLayer(this.#context, volumeId(id), signal));
  }

  async mount(id: string, options: { readonly label?: string } = {}, signal?: CancelSignal): Promise<string> {
    return this.#run(() => mountLayer(this.#context, this.#whole(id), options.label, signal));
  }

  async unmount(id: string): Promise<void> {
    await this.#run(() => unmountLayer(this.#context, this.#whole(id)));
  }

  exists(id: string): boolean {
    this.#checkOpen();
    return isVolumeId(id) && this.#context.pool.find(id) !== undefined && this.#context.halves.of(id) === undefined;
  }

  layers(): readonly Layer[] {
    this.#checkOpen();
    return layersOf(this.#context);
  }

  layer(id: string): Layer {
    this.#checkOpen();
    return layerWith(this.#context, this.#whole(id));
  }

  metadata(id: string): LayerMetadata {
    this.#checkOpen();
    return metadataOf(this.#context, this.#whole(id));
  }

  async status(): Promise<DriverStatus> {
    return this.#run(() => driverStatus(this.#context));
  }

  async usage(id: string): Promise<{ readonly mapped: Bytes }> {
    return this.#run(() => layerUsage(this.#context, this.#whole(id)));
  }

  async mapped(): Promise<ReadonlyMap<VolumeId, Bytes>> {
    return this.#run(() => layersMapped(this.#context));
  }

  async sharing(signal?: CancelSignal): Promise<ReadonlyMap<VolumeId, VolumeSharing>> {
    return this.#run(() => layersSharing(this.#context, signal));
  }

  async changes(id: string, parent?: string, signal?: CancelSignal): Promise<readonly Change[]> {
    return this.#run(() => layerChanges(this.#context, this.#whole(id), this.#parent(parent), signal));
  }

  async *diff(id: string, parent?: string, signal?: CancelSignal): AsyncGenerator<Uint8Array, void, undefined> {
    this.#checkOpen();
    yield* layerDiff(this.#context, this.#whole(id), this.#parent(parent), signal);
  }

  async diffSize(id: string, parent?: string, signal?: CancelSignal): Promise<Bytes> {
    return this.#run(() => layerDiffSize(this.#context, this.#whole(id), this.#parent(parent), signal));
  }

  async applyDiff(id: string, tar: AsyncIterable<Uint8Array>, signal?: CancelSignal): Promise<Bytes> {
    return this.#run(() => applyLayerDiff(this.#context, this.#whole(id), tar, signal));
  }

  async *changedBlocks(
    id: string,
    base?: string,
    signal?: CancelSignal,
  ): AsyncGenerator<ChangedRange, void, undefined> {
    this.#checkOpen();
    const { pool, ports } = this.#context;
    yield* pool.changedBlocks(ports.blockDevices, this.#whole(id), { base: this.#parent(base) }, signal);
  }

  async *send(
    id: string,
    { from, compression }: SendOptions = {},
    signal?: CancelSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    this.#checkOpen();
    yield* sendLayer(this.#context, this.#whole(id), this.#parent(from), compression, signal);
  }

  async *resumeSend(
    token: string,
    { compression }: Pick<SendOptions, 'compression'> = {},
    signal?: CancelSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    this.#checkOpen();
    yield* resumeSend(this.#context, token, compression, signal);
  }

  async receive(
    id: string,
    stream: AsyncIterable<Uint8Array>,
    { base }: { readonly base?: string | undefined } = {},
    signal?: CancelSignal,
  ): Promise<Layer> {
    return this.#run(async () => {
      const layer = volumeId(id);
      await receiveLayer(this.#context, layer, stream, this.#parent(base), signal);
      return layerWith(this.#context, layer);
    });
  }

  pendingReceives(): readonly PendingReceive[] {
    this.#checkOpen();
    return pendingReceives(this.#context);
  }

  async *metadataBackup(signal?: CancelSignal): AsyncGenerator<Uint8Array, void, undefined> {
    this.#checkOpen();
    yield* this.#context.pool.metadataBackup(this.#context.ports.blockDevices, signal);
  }

  async check({ repair = false }: { readonly repair?: boolean | undefined } = {}): Promise<readonly Finding[]> {
    return this.#run(() => checkRoot(this.#context, repair));
  }

  async resizePool(sizes: PoolSizes): Promise<void> {
    await this.#run(() => resizePool(this.#context, sizes));
  }

  reload(storageOptions: readonly string[]): readonly string[] {
    this.#checkOpen();
    const { options, refused } = reloadOptions(this.#context.options, parseStorageOptions(storageOptions));
    this.#context.options = options;
    this.#context.pool.setMinFreeSpace(options.minFreeSpace);
    return refused;
  }

  close(): Promise<void> {
    return this.#end(() => takeDown(this.#context));
  }

  release(): Promise<void> {
    return this.#end(() => this.#context.pool.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    return this.#context.gate.run(work);
  }

  /** @throws DmError INVALID_ARGUMENT: not a layer's id. BUSY: it is half received. */
  #whole(id: string): VolumeId {
    const layer = volumeId(id);
    refuseHalf(this.#context, layer);
    return layer;
  }

  /** Docker writes an empty parent for none. */
  #parent(parent: string | undefined): VolumeId | undefined {
    return parent === undefined || parent === '' ? undefined : this.#whole(parent);
  }

  #checkOpen(): void {
    if (this.#context.gate.closing.aborted) throw this.#context.gate.closedError();
  }

  /** What was opened for the driver is closed whether or not all could be taken down. */
  #end(last: () => Promise<void>): Promise<void> {
    const { gate, settings } = this.#context;
    return gate.close(async () => {
      try {
        await last();
      } finally {
        await settings.afterClose?.();
      }
    });
  }
}
