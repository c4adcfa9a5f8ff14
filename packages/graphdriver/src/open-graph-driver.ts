import { Gate, KeyedLock, type ThinPool, withUndoError } from '@dmthin/engine';
import { ensureBase } from './base/base-device.ts';
import { findFaults } from './check/check-root.ts';
import { removeStaleMountPoints } from './check/file-findings.ts';
import { countMounts } from './driver/count-mounts.ts';
import type { DriverContext } from './driver/driver-context.ts';
import { ThinGraphDriver } from './driver/thin-graph-driver.ts';
import type { GraphDriver } from './graph-driver.ts';
import { removeUnfinished } from './layer/import-layer.ts';
import { Lineage } from './layer/lineage.ts';
import { PendingGrowth } from './layer/pending-growth.ts';
import { MarkDirectory } from './mark/mark-directory.ts';
import { MountCounts } from './mount/mount-counts.ts';
import { failureFindings } from './pool/failed-pool.ts';
import { growGivenPool } from './pool/grow-live-pool.ts';
import { openVolumes, type RootPool, withRootPool } from './pool/root-pool.ts';
import type { GraphDriverPorts, GraphDriverSettings } from './ports.ts';
import { HalfReceived } from './send/half-received.ts';
import { settleHalves } from './send/pending-receives.ts';

/**
 * Opens Docker's devicemapper driver on a root (docker-devicemapper.md 6): the pool, the base device, and the layers that
 * are there. Where it fails, what it made of a pool is taken down again, and the ports stay the caller's.
 *
 * @throws DmError UNAVAILABLE: no device-mapper. NOT_SUPPORTED: an option that this kernel or driver has not.
 * @throws DmError CONFLICT: the pool or base device is not this root's. INVALID_ARGUMENT: not a thin pool, a base size
 * below the present one. NO_SPACE, NOT_PERMITTED, IO: as the ports throw.
 */
export function openGraphDriver(ports: GraphDriverPorts, settings: GraphDriverSettings): Promise<GraphDriver> {
  return withRootPool(
    ports,
    settings,
    ['skip_block_zeroing'],
    async (root) => new ThinGraphDriver(await openLayers(root)),
  );
}

async function openLayers(root: RootPool): Promise<DriverContext> {
  const pool = await openVolumes(root);
  try {
    return await openOverPool(root, pool);
  } catch (error) {
    try {
      await pool.close();
    } catch (undoError) {
      throw withUndoError(error, undoError);
    }
    throw error;
  }
}

async function openOverPool(root: RootPool, pool: ThinPool): Promise<DriverContext> {
  const { ports, options, layout, source } = root;
  const isThere = (id: Parameters<ThinPool['find']>[0]): boolean => pool.find(id) !== undefined;
  const growth = await PendingGrowth.open(layout.growing, isThere);
  const lineage = await Lineage.open(layout.parents, isThere);
  await lineage.learn(root.settings.parents ?? new Map(), isThere);
  const counts = new MountCounts();
  const met = await ensureBase({ ports, options, layout, pool, growth }, root);
  // Not before the base device has shown whose pool it is.
  if (source.backing === undefined) await growGivenPool(ports, source);
  await countMounts(ports.mounts, layout, pool, counts, root.settings.users);
  if (source.backing?.data.loopFile !== undefined) warnOfLoops(root);
  const opening: DriverContext = {
    ...root,
    pool,
    counts,
    lineage,
    growth,
    filling: await MarkDirectory.open(layout.filling),
    halves: await HalfReceived.open(layout.receiving, isThere),
    locks: new KeyedLock(),
    gate: new Gate('the graph driver'),
    metAtStart: pool.recovery.findings,
    recovery: pool.recovery,
  };
  const failure = await failureFindings(opening);
  const told = [...failure, ...met, ...(await removeUnfinished(opening)), ...(await settleHalves(opening))];
  const context = { ...opening, metAtStart: [...pool.recovery.findings, ...told] };
  await removeStaleMountPoints(context);
  const faults = await findFaults(context);
  for (const { what } of faults.filter(({ isRepaired }) => isRepaired === true)) ports.log.write('info', what);
  const left = faults.filter(({ isRepaired }) => isRepaired !== true);
  const findings = [...told, ...left.map(({ what, cause, remedy }) => `${what}. ${cause} ${remedy}`)];
  for (const finding of findings) ports.log.write('warn', finding, { root: layout.root });
  return { ...context, recovery: { ...pool.recovery, findings: [...pool.recovery.findings, ...findings] } };
}

function warnOfLoops({ ports, layout }: RootPool): void {
  ports.log.write(
    'info',
    'Usage of loopback devices is strongly discouraged for production use. Please use `--storage-opt dm.thinpooldev`',
    { root: layout.root },
  );
}
