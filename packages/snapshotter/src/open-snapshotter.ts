import { DmError, type VolumeId } from '@dmthin/domain';
import { Gate, KeyedLock, type RecoveryReport } from '@dmthin/engine';
import { ensureBase } from './base/base-volume.ts';
import { unmountLeft } from './mount/while-mounted.ts';
import type { SnapshotterPorts, SnapshotterSettings } from './ports.ts';
import { type Reconciliation, reconcile } from './recovery/reconcile.ts';
import { Removals } from './removal/removals.ts';
import { SnapshotTable } from './snapshot/snapshot-table.ts';
import type { SnapshotContext } from './snapshot-context.ts';
import type { Snapshotter } from './snapshotter.ts';
import { ThinSnapshotter } from './thin-snapshotter.ts';
import { Timestamps } from './time/timestamps.ts';

/**
 * Opens containerd's snapshotter on a pool: compares its snapshots with the pool's volumes, takes back what was cut off, and
 * makes the empty filesystem that others are made from where it is missing. Where it fails, the pool is closed.
 *
 * @throws DmError NOT_SUPPORTED: this host cannot make `settings.filesystem`. What the engine, the records and the ports throw.
 */
export async function openSnapshotter(ports: SnapshotterPorts, settings: SnapshotterSettings): Promise<Snapshotter> {
  const { pool, records } = ports;
  try {
    const { snapshots, broken } = await records.load();
    const found = reconcile({ snapshots, broken, volumes: [...pool.volumes()] });
    const context: SnapshotContext = {
      ports,
      settings,
      table: new SnapshotTable(snapshots, found.lastId),
      removals: new Removals(pool, ports.log),
      timestamps: new Timestamps(ports.clock),
      locks: new KeyedLock(),
      baseLocks: new KeyedLock(),
      gate: new Gate('the snapshotter'),
    };
    const findings = [
      ...broken.map(({ id, reason }) => `the record of snapshot ${id} cannot be read (${reason}); its volume is kept`),
      ...toldOf(found),
      ...(await unmountLeft(context)),
    ];
    for (const volume of [...found.leftover, ...found.unfinished]) context.removals.add(volume);
    await context.removals.settle().catch(() => undefined);
    const unmade = await baseFault(context);
    for (const finding of [...findings, ...unmade]) ports.log.write('warn', finding);
    return new ThinSnapshotter(context, withFindings(pool.recovery, [...findings, ...unmade]));
  } catch (error) {
    await pool.close();
    throw error;
  }
}

function toldOf({ leftover, lost, strange }: Reconciliation): readonly string[] {
  return [
    ...leftover.map((volume) => `volume ${volume} is deleted: its snapshot was being made or removed at the end`),
    ...lost.map((name) => `the volume of snapshot "${name}" is lost; remove the snapshot`),
    ...strange.map((volume: VolumeId) => `volume ${volume} is no snapshot's, and stays`),
  ];
}

/** A pool that takes no changes now is opened all the same, so that what is there can be read. */
async function baseFault(context: SnapshotContext): Promise<readonly string[]> {
  const { filesystem = 'ext4', baseSize } = context.settings;
  try {
    await ensureBase(context, filesystem, baseSize);
    return [];
  } catch (error) {
    if (!DmError.is(error, 'READ_ONLY', 'NO_SPACE', 'IO')) throw error;
    return [`${error.message}; it is tried again when it is needed`];
  }
}

function withFindings(recovery: RecoveryReport, findings: readonly string[]): RecoveryReport {
  return { ...recovery, findings: [...recovery.findings, ...findings] };
}
