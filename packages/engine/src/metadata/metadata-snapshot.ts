import { DmError, type PoolStatus } from '@dmthin/domain';
import type { BlockDevices } from '@dmthin/ports';
import { type PoolReader, readPool } from '@dmthin/thin-metadata';
import { asDmError, orUndo } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import type { PoolDevice } from '../pool/pool-device.ts';
import type { SnapshotMarks } from '../thin-pool.ts';
import { FetchedMetadata } from './fetched-metadata.ts';
import { openMetadataDevice } from './metadata-node.ts';

/** The mark of a metadata snapshot that is about to be taken; one that is held is marked by its block. */
const TAKING = 'taking';

/** The pool's metadata as they were at one moment. */
export interface HeldMetadata {
  readonly pool: PoolReader;
  readonly metadata: FetchedMetadata;
  /** The pool's own status when they were taken. */
  readonly status: Extract<PoolStatus, { kind: 'ok' }>;
  /** Lets go of it; more than once is well. */
  release(): Promise<void>;
}

/** Runs `work` over a metadata snapshot of the pool, whatever comes of it. @throws DmError as `takeMetadataSnapshot`. */
export async function withMetadataSnapshot<T>(
  context: PoolContext,
  blockDevices: BlockDevices,
  work: (held: HeldMetadata) => Promise<T>,
): Promise<T> {
  const held = await takeMetadataSnapshot(context, blockDevices);
  const result = await orUndo(work(held), () => held.release());
  await held.release();
  return result;
}

/**
 * Takes a metadata snapshot of the pool (reserve_metadata_snap), to be released. A pool has one at a time: those of this
 * process wait for each other, somebody else's is not waited for.
 *
 * It is marked on disk before it is taken, so that one which a process leaves behind is known for this root's when the
 * pool is opened next (`releaseLeftSnapshot`).
 * @throws DmError BUSY: somebody else holds one. READ_ONLY: the pool takes no messages. NO_SPACE: no metadata is left.
 */
export async function takeMetadataSnapshot(context: PoolContext, blockDevices: BlockDevices): Promise<HeldMetadata> {
  const { pool, settings, snapshotLock } = context;
  const unlock = await snapshotLock.acquire();
  try {
    await reserve(pool, settings.snapshotMarks);
    return await orUndo(readHeld(context, blockDevices, unlock), () => release(pool, settings.snapshotMarks));
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * At the opening: lets go of a metadata snapshot that an earlier process of this root left held. One of somebody else's
 * stays. Gives a finding where there was one.
 */
export async function releaseLeftSnapshot(
  pool: PoolDevice,
  status: PoolStatus,
  marks: SnapshotMarks | undefined,
): Promise<readonly string[]> {
  const left = [...(marks?.all() ?? [])];
  if (marks === undefined || left.length === 0 || status.kind !== 'ok') return [];
  const { heldRoot } = status;
  const isOurs = heldRoot !== undefined && (left.includes(String(heldRoot)) || left.every((mark) => mark === TAKING));
  try {
    if (isOurs) await pool.releaseMetadataSnapshot();
    for (const mark of left) await marks.remove(mark);
  } catch (error) {
    return [
      `pool ${pool.name} still holds a metadata snapshot of a process that ended, which cannot be released: ` +
        `${asDmError(error).message}; release it: dmsetup message ${pool.name} 0 release_metadata_snap`,
    ];
  }
  return isOurs
    ? [`the metadata snapshot that a process of this root left held in pool ${pool.name} was released`]
    : [];
}

async function reserve(pool: PoolDevice, marks: SnapshotMarks | undefined): Promise<void> {
  const status = await pool.status();
  if (status.kind === 'ok' && status.heldRoot !== undefined) throw heldElsewhere(pool);
  await marks?.add(TAKING, { lasting: true });
  await pool.reserveMetadataSnapshot().catch(async (error: unknown) => {
    await marks?.remove(TAKING);
    throw DmError.is(error, 'BUSY') ? heldElsewhere(pool, error) : error;
  });
}

async function release(pool: PoolDevice, marks: SnapshotMarks | undefined): Promise<void> {
  await pool.releaseMetadataSnapshot();
  for (const mark of [...(marks?.all() ?? [])]) await marks?.remove(mark);
}

async function readHeld(context: PoolContext, blockDevices: BlockDevices, unlock: () => void): Promise<HeldMetadata> {
  const { ports, pool, settings } = context;
  const marks = settings.snapshotMarks;
  const status = await heldStatus(pool);
  await marks?.add(String(status.heldRoot), { lasting: true });
  const device = await openMetadataDevice(ports.kernel, blockDevices, pool.name);
  try {
    const metadata = new FetchedMetadata(device);
    for (const block of [0, Number(status.heldRoot)]) await metadata.fetch(block);
    const reader = readPool(metadata, { held: true });
    const close = async (): Promise<void> => {
      try {
        await device.close();
      } finally {
        await release(pool, marks).finally(unlock);
      }
    };
    let closed: Promise<void> | undefined;
    return {
      pool: reader,
      metadata,
      status,
      release: () => {
        closed ??= close();
        return closed;
      },
    };
  } catch (error) {
    await device.close();
    throw error;
  }
}

async function heldStatus(pool: PoolDevice): Promise<HeldMetadata['status']> {
  const status = await pool.status();
  if (status.kind === 'ok' && status.heldRoot !== undefined) return status;
  throw new DmError('CONFLICT', `somebody released the metadata snapshot of pool "${pool.name}" just now`, {
    operation: 'read',
    subject: pool.name,
    remedy: 'See which program does so (thin_dump, a backup), and try again when it is done.',
  });
}

function heldElsewhere(pool: PoolDevice, cause?: unknown): DmError {
  return new DmError('BUSY', `another program holds the metadata snapshot of pool "${pool.name}"`, {
    errno: 'EBUSY',
    operation: 'read',
    subject: pool.name,
    remedy: `Try again when it is done; one that was left behind goes by: dmsetup message ${pool.name} 0 release_metadata_snap`,
    cause,
  });
}
