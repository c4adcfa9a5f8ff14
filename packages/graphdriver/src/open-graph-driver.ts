import { DmError, resolveDeferral, type StorageOptions } from '@dmthin/domain';
import { Gate, KeyedLock, openThinPool, type ThinPool, withUndoError } from '@dmthin/engine';
import type { LoadedRecords } from '@dmthin/ports';
import { ensureBase } from './base/base-device.ts';
import { discardVolume } from './discard/discard-volume.ts';
import type { DriverContext } from './driver/driver-context.ts';
import { reconcileMounts } from './driver/reconcile-mounts.ts';
import { ThinGraphDriver } from './driver/thin-graph-driver.ts';
import type { GraphDriver } from './graph-driver.ts';
import { Lineage } from './layer/lineage.ts';
import { PendingGrowth } from './layer/pending-growth.ts';
import { openRoot, prefixOf } from './layout/root-layout.ts';
import { MountCounts } from './mount/mount-counts.ts';
import { openGivenPool } from './pool/given-pool.ts';
import { openOwnPool } from './pool/own-pool.ts';
import type { PoolSource } from './pool/pool-source.ts';
import { takeDownPool } from './pool/take-down.ts';
import type { GraphDriverPorts, GraphDriverSettings } from './ports.ts';

/**
 * Opens Docker's devicemapper driver on a root (docker-devicemapper.md 6): the pool, the base device, and the layers that
 * are there. Where it fails, what it made of a pool is taken down again, and the ports stay the caller's.
 *
 * @throws DmError UNAVAILABLE: no device-mapper. NOT_SUPPORTED: an option that this kernel or driver has not.
 * @throws DmError CONFLICT: the pool or base device is not this root's. INVALID_ARGUMENT: not a thin pool, a base size
 * below the present one. NO_SPACE, NOT_PERMITTED, IO: as the ports throw.
 */
export async function openGraphDriver(ports: GraphDriverPorts, settings: GraphDriverSettings): Promise<GraphDriver> {
  const { options } = settings;
  refuseDirectLvm(options);
  const deferral = resolveDeferral(options, ports.kernel.capabilities);
  const { library } = await ports.kernel.version();
  const layout = await openRoot(settings.root);
  const prefix = await prefixOf(layout);
  const loaded = await ports.records.load();
  const source =
    options.thinPool === undefined
      ? await openOwnPool(ports, options, layout, prefix, loaded.identity)
      : await openGivenPool(ports.kernel, options.thinPool, loaded.identity);
  const begun = { ports, settings, options, deferral, layout, prefix, source, libraryVersion: library };
  try {
    return new ThinGraphDriver(await openLayers(begun, loaded));
  } catch (error) {
    throw source.isMadeNow ? await takenDown(ports, source, error) : error;
  }
}

type Begun = Pick<
  DriverContext,
  'ports' | 'settings' | 'options' | 'deferral' | 'layout' | 'prefix' | 'source' | 'libraryVersion'
>;

async function openLayers(begun: Begun, loaded: LoadedRecords): Promise<DriverContext> {
  const { ports, options, deferral, source, prefix } = begun;
  const pool = await openThinPool(ports, {
    pool: source.name,
    devicePrefix: prefix,
    minFreeSpacePercent: options.minFreeSpace,
    deferredRemoval: deferral.removal,
    deferredDeletion: deferral.deletion,
    beforeDelete: options.blockDiscard
      ? (volume, signal) => discardVolume(ports.blockDevices, volume, signal)
      : undefined,
    loaded,
  });
  try {
    return await openOverPool(begun, loaded, pool);
  } catch (error) {
    try {
      await pool.close();
    } catch (undoError) {
      throw withUndoError(error, undoError);
    }
    throw error;
  }
}

async function openOverPool(begun: Begun, loaded: LoadedRecords, pool: ThinPool): Promise<DriverContext> {
  const { ports, options, layout, source } = begun;
  const isThere = (id: Parameters<ThinPool['find']>[0]): boolean => pool.find(id) !== undefined;
  const growth = await PendingGrowth.open(layout.growing, isThere);
  const lineage = await Lineage.open(layout.parents, isThere);
  const counts = new MountCounts();
  const findings = [
    ...(await ensureBase({ ports, options, layout, pool, growth }, source)),
    ...(await reconcileMounts(ports.mounts, layout, pool, counts)),
  ];
  for (const finding of findings) ports.log.write('warn', finding, { root: layout.root });
  // Only now is it certain that this pool is this root's.
  if (loaded.identity === undefined) await ports.records.saveIdentity(source.identity);
  if (source.backing?.data.loopFile !== undefined) warnOfLoops(begun);
  return {
    ...begun,
    pool,
    counts,
    lineage,
    growth,
    locks: new KeyedLock(),
    gate: new Gate('the graph driver'),
    recovery: { ...pool.recovery, findings: [...pool.recovery.findings, ...findings] },
  };
}

async function takenDown(ports: GraphDriverPorts, source: PoolSource, error: unknown): Promise<unknown> {
  try {
    await takeDownPool(ports, source);
    return error;
  } catch (undoError) {
    return withUndoError(error, undoError);
  }
}

function warnOfLoops({ ports, layout }: Begun): void {
  ports.log.write(
    'info',
    'Usage of loopback devices is strongly discouraged for production use. Please use `--storage-opt dm.thinpooldev`',
    { root: layout.root },
  );
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
