import { type Bytes, isVolumeId, parseStorageOptions, reloadOptions, type VolumeId, volumeId } from '@dmthin/domain';
import type { VolumeSharing } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import { checkRoot } from '../check/check-root.ts';
import type { Finding } from '../check/finding.ts';
import { applyLayerDiff, layerChanges, layerDiff, layerDiffSize } from '../diff/layer-diff.ts';
import type { Change, CreateLayerOptions, DriverStatus, GraphDriver, Layer, LayerMetadata } from '../graph-driver.ts';
import { createLayer } from '../layer/create-layer.ts';
import { importLayer } from '../layer/import-layer.ts';
import { layersOf, layerWith, metadataOf } from '../layer/layer-view.ts';
import { removeLayer } from '../layer/remove-layer.ts';
import { layersMapped, layersSharing, layerUsage } from '../layer/usage.ts';
import { mountLayer, unmountLayer } from '../mount/mount-layer.ts';
import { type PoolSizes, resizePool } from '../pool/resize-pool.ts';
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
      const layer = volumeId(id);
      await createLayer(this.#context, layer, options, signal);
      return layerWith(this.#context, layer);
    });
  }

  async import(
    id: string,
    tar: AsyncIterable<Uint8Array>,
    options: CreateLayerOptions = {},
    signal?: CancelSignal,
  ): Promise<Bytes> {
    return this.#run(() => importLayer(this.#context, volumeId(id), tar, options, signal));
  }

  async remove(id: string, signal?: CancelSignal): Promise<void> {
    await this.#run(() => removeLayer(this.#context, volumeId(id), signal));
  }

  async mount(id: string, options: { readonly label?: string } = {}, signal?: CancelSignal): Promise<string> {
    return this.#run(() => mountLayer(this.#context, volumeId(id), options.label, signal));
  }

  async unmount(id: string): Promise<void> {
    await this.#run(() => unmountLayer(this.#context, volumeId(id)));
  }

  exists(id: string): boolean {
    this.#checkOpen();
    return isVolumeId(id) && this.#context.pool.find(id) !== undefined;
  }

  layers(): readonly Layer[] {
    this.#checkOpen();
    return layersOf(this.#context);
  }

  layer(id: string): Layer {
    this.#checkOpen();
    return layerWith(this.#context, volumeId(id));
  }

  metadata(id: string): LayerMetadata {
    this.#checkOpen();
    return metadataOf(this.#context, volumeId(id));
  }

  async status(): Promise<DriverStatus> {
    return this.#run(() => driverStatus(this.#context));
  }

  async usage(id: string): Promise<{ readonly mapped: Bytes }> {
    return this.#run(() => layerUsage(this.#context, volumeId(id)));
  }

  async mapped(): Promise<ReadonlyMap<VolumeId, Bytes>> {
    return this.#run(() => layersMapped(this.#context));
  }

  async sharing(signal?: CancelSignal): Promise<ReadonlyMap<VolumeId, VolumeSharing>> {
    return this.#run(() => layersSharing(this.#context, signal));
  }

  async changes(id: string, parent?: string, signal?: CancelSignal): Promise<readonly Change[]> {
    return this.#run(() => layerChanges(this.#context, volumeId(id), parentId(parent), signal));
  }

  async *diff(id: string, parent?: string, signal?: CancelSignal): AsyncGenerator<Uint8Array, void, undefined> {
    this.#checkOpen();
    yield* layerDiff(this.#context, volumeId(id), parentId(parent), signal);
  }

  async diffSize(id: string, parent?: string, signal?: CancelSignal): Promise<Bytes> {
    return this.#run(() => layerDiffSize(this.#context, volumeId(id), parentId(parent), signal));
  }

  async applyDiff(id: string, tar: AsyncIterable<Uint8Array>, signal?: CancelSignal): Promise<Bytes> {
    return this.#run(() => applyLayerDiff(this.#context, volumeId(id), tar, signal));
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

/** Docker writes an empty parent for none. */
function parentId(parent: string | undefined): VolumeId | undefined {
  return parent === undefined || parent === '' ? undefined : volumeId(parent);
}
