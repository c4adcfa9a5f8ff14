import { DmError, resolveDeferral, type StorageOptions, type ThinPoolFeature } from '@dmthin/domain';
import { openThinPool, type ThinPool, withUndoError } from '@dmthin/engine';
import { discardVolume } from '../discard/discard-volume.ts';
import type { DriverContext } from '../driver/driver-context.ts';
import { openRoot, prefixOf } from '../layout/root-layout.ts';
import type { GraphDriverPorts, GraphDriverSettings } from '../ports.ts';
import { openGivenPool } from './given-pool.ts';
import { openOwnPool } from './own-pool.ts';
import type { PoolSource } from './pool-source.ts';
import { takeDownPool } from './take-down.ts';

/** A root whose pool is there and live; what stands on it is not opened yet. */
export type RootPool = Pick<
  DriverContext,
  'ports' | 'settings' | 'options' | 'deferral' | 'layout' | 'prefix' | 'source' | 'loaded' | 'libraryVersion'
>;

/**
 * Finds or makes the pool of a root, and hands it to `use`. A pool made just now goes again where `use` fails.
 * @param features of a pool that the driver makes itself.
 */
export async function withRootPool<T>(
  ports: GraphDriverPorts,
  settings: GraphDriverSettings,
  features: readonly ThinPoolFeature[],
  use: (root: RootPool) => Promise<T>,
): Promise<T> {
  const { options } = settings;
  refuseDirectLvm(options);
  const deferral = resolveDeferral(options, ports.kernel.capabilities);
  const { library } = await ports.kernel.version();
  const layout = await openRoot(settings.root);
  const prefix = await prefixOf(layout);
  const loaded = await ports.records.load();
  const source =
    options.thinPool === undefined
      ? await openOwnPool(ports, options, layout, prefix, loaded, features)
      : await openGivenPool(ports.kernel, options.thinPool, loaded.identity);
  try {
    return await use({ ports, settings, options, deferral, layout, prefix, source, libraryVersion: library, loaded });
  } catch (error) {
    throw source.isMadeNow ? await takenDown(ports, source, error) : error;
  }
}

/** The volumes of the root's pool. */
export async function openVolumes(root: RootPool, afterClose?: () => Promise<void>): Promise<ThinPool> {
  const { ports, options, deferral, source, prefix, loaded } = root;
  return openThinPool(ports, {
    pool: source.name,
    devicePrefix: prefix,
    minFreeSpacePercent: options.minFreeSpace,
    deferredRemoval: deferral.removal,
    deferredDeletion: deferral.deletion,
    beforeDelete: options.blockDiscard
      ? (volume, signal) => discardVolume(ports.blockDevices, volume, signal)
      : undefined,
    loaded,
    afterClose,
  });
}

async function takenDown(ports: GraphDriverPorts, source: PoolSource, error: unknown): Promise<unknown> {
  try {
    await takeDownPool(ports, source);
    return error;
  } catch (undoError) {
    return withUndoError(error, undoError);
  }
}

/** Direct-lvm makes a pool once and uses it by its name from then on; a pool made by hand serves as well. */
function refuseDirectLvm({ directLvm }: StorageOptions): void {
  if (directLvm === undefined) return;
  throw new DmError('NOT_SUPPORTED', 'dm.directlvm_device is not supported: this driver does not set LVM up', {
    operation: 'open',
    subject: 'dm.directlvm_device',
    remedy:
      `Make the pool yourself (vgcreate docker ${directLvm.device}; lvcreate --type thin-pool -l 95%VG -n thinpool docker) ` +
      'and give dm.thinpooldev=docker-thinpool; a pool that Docker has made this way is opened by that as well.',
  });
}
