import { DIRECT_LVM_POOL, resolveDeferral, type ThinPoolFeature } from '@dmthin/domain';
import { openThinPool, type ThinPool, withUndoError } from '@dmthin/engine';
import { discardVolume } from '../discard/discard-volume.ts';
import type { DriverContext } from '../driver/driver-context.ts';
import { LayerIdentities } from '../identity/layer-identities.ts';
import { refuseFullHost } from '../layer/refuse-full-host.ts';
import { openRoot, prefixOf } from '../layout/root-layout.ts';
import { MarkDirectory } from '../mark/mark-directory.ts';
import type { GraphDriverPorts, GraphDriverSettings } from '../ports.ts';
import { setUpDirectLvm } from './direct-lvm/set-up-direct-lvm.ts';
import { openGivenPool } from './given-pool.ts';
import { openOwnPool } from './own-pool.ts';
import type { PoolSource } from './pool-source.ts';
import { takeDownPool } from './take-down.ts';

/** A root whose pool is there and live; what stands on it is not opened yet. */
export type RootPool = Pick<
  DriverContext,
  | 'ports'
  | 'settings'
  | 'options'
  | 'deferral'
  | 'layout'
  | 'prefix'
  | 'source'
  | 'loaded'
  | 'libraryVersion'
  | 'identities'
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
  const deferral = resolveDeferral(options, ports.kernel.capabilities);
  const { library } = await ports.kernel.version();
  const layout = await openRoot(settings.root);
  const prefix = await prefixOf(layout);
  const loaded = await ports.records.load();
  if (options.directLvm !== undefined) await setUpDirectLvm(ports, layout, options.directLvm, loaded);
  const given = options.directLvm === undefined ? options.thinPool : DIRECT_LVM_POOL;
  const source =
    given === undefined
      ? await openOwnPool(ports, options, layout, prefix, loaded, features)
      : await openGivenPool(ports.kernel, given, loaded.identity);
  try {
    return await use({
      ports,
      settings,
      options,
      deferral,
      layout,
      prefix,
      source,
      libraryVersion: library,
      loaded,
      identities: await LayerIdentities.open(layout.identities),
    });
  } catch (error) {
    throw source.isMadeNow ? await takenDown(ports, source, error) : error;
  }
}

/** The volumes of the root's pool. */
export async function openVolumes(root: RootPool, afterClose?: () => Promise<void>): Promise<ThinPool> {
  const { ports, options, deferral, source, prefix, loaded, layout, identities } = root;
  const pool = await openThinPool(ports, {
    pool: source.name,
    devicePrefix: prefix,
    minFreeSpacePercent: options.minFreeSpace,
    deferredRemoval: deferral.removal,
    deferredDeletion: deferral.deletion,
    beforeDelete: options.blockDiscard
      ? (volume, signal) => discardVolume(ports.blockDevices, volume, signal)
      : undefined,
    beforeChange: ({ id }) => identities.forget(id),
    beforeSnapshot: (id, status) => refuseFullHost(root, id, status),
    loaded,
    snapshotMarks: await MarkDirectory.open(layout.holding),
    afterClose,
  });
  await identities.keepOnly((id) => pool.find(id));
  return pool;
}

async function takenDown(ports: GraphDriverPorts, source: PoolSource, error: unknown): Promise<unknown> {
  try {
    await takeDownPool(ports, source);
    return error;
  } catch (undoError) {
    return withUndoError(error, undoError);
  }
}
