import { type Bytes, DmError, type PoolStatus, type ThinId, type VolumeId } from '@dmthin/domain';
import { type CancelSignal, type DeviceInfo, on, type PortCall } from '@dmthin/ports';
import { asDmError, attempting, during } from '../failure/failure.ts';
import { type PoolContext, pause } from '../pool/pool-context.ts';
import type { Volume } from '../thin-pool.ts';
import { untilNotBusy } from '../wait/retry.ts';
import { makeVolume, refuseFullPool, refuseNew } from './create.ts';
import { takeAway } from './deactivate.ts';
import { cancelDeferredRemoval, lookAt } from './thin-device.ts';
import { shownId } from './volume-table.ts';

/** An origin whose removal is under way is waited for: 100 times 100 ms (docker-devicemapper.md 7.8). */
const ATTEMPTS = 100;
const PAUSE = 100;

/** As `ThinPool.snapshot` has them. */
interface SnapshotOptions {
  readonly size: Bytes | undefined;
  readonly before: readonly PortCall[];
}

/** See `ThinPool.snapshot`. */
export async function snapshotVolume(
  context: PoolContext,
  id: VolumeId,
  origin: VolumeId,
  options: SnapshotOptions,
  signal?: CancelSignal,
): Promise<Volume> {
  const attempted = `snapshot ${shownId(id)} from ${shownId(origin)}`;
  return untilNotBusy({ attempts: ATTEMPTS, pause: () => pause(context, PAUSE, signal) }, () =>
    context.locks.run([origin, id], () => snapshotOnce(context, id, origin, options, attempted, signal), signal),
  );
}

async function snapshotOnce(
  context: PoolContext,
  id: VolumeId,
  origin: VolumeId,
  { size, before }: SnapshotOptions,
  attempted: string,
  signal: CancelSignal | undefined,
): Promise<Volume> {
  const source = context.volumes.getUsable(origin, attempted);
  const wanted = size ?? source.size;
  refuseNew(context, id, wanted, attempted);
  if (wanted < source.size)
    throw new DmError('INVALID_ARGUMENT', `cannot ${attempted}: ${wanted} bytes are less than its ${source.size}`, {
      subject: id,
      remedy: `Give a size of at least ${source.size} bytes; a volume can only grow.`,
    });
  const { status, state } = await during(attempted, look(context, source, before));
  refuseFullPool(context, status, attempted);
  await context.settings.beforeSnapshot?.(id, status);
  const make = (makeSnapshot: (thin: ThinId) => Promise<void>): Promise<Volume> =>
    makeVolume(context, id, wanted, attempted, makeSnapshot, signal);
  if (state === undefined || !state.hasLiveTable)
    return make((thin) => context.pool.createSnapshot(thin, source.thinId));
  return withoutDeferredRemoval(context, source, attempted, state.isDeferredRemove, (isThere) =>
    // One that is suspended already was left so by a snapshot whose resume failed; suspending it again succeeds.
    isThere
      ? whileQuiet(context, source, attempted, make)
      : make((thin) => context.pool.createSnapshot(thin, source.thinId)),
  );
}

/** The pool's status and the origin's state; then does what is to be done before. */
async function look(
  { inOrder, pool, ports: { kernel } }: PoolContext,
  origin: Volume,
  before: readonly PortCall[],
): Promise<{ readonly status: PoolStatus; readonly state: DeviceInfo | undefined }> {
  const seen: { status?: PoolStatus; state?: DeviceInfo | undefined } = {};
  const { error } = await inOrder([
    on(kernel, async () => {
      seen.status = await pool.status();
    }),
    on(kernel, async () => {
      seen.state = await lookAt(kernel, origin);
    }),
    ...before,
  ]);
  if (seen.status === undefined || error !== undefined) throw error;
  return { status: seen.status, state: seen.state };
}

/**
 * A device that is marked for removal could go between the suspend and the resume. So the mark is taken away meanwhile, and
 * set again afterwards (docker-devicemapper.md 7.3, step 6).
 */
async function withoutDeferredRemoval<T>(
  context: PoolContext,
  origin: Volume,
  attempted: string,
  isMarked: boolean,
  work: (isThere: boolean) => Promise<T>,
): Promise<T> {
  if (!isMarked) return work(true);
  if (!(await during(attempted, cancelDeferredRemoval(context.ports.kernel, origin)))) return work(false);
  try {
    return await work(true);
  } finally {
    await takeAway(context, origin, true).catch((error: unknown) =>
      context.ports.log.write('warn', `the device of ${shownId(origin.id)} stays: it could not be marked again`, {
        error,
      }),
    );
  }
}

/**
 * Makes a snapshot while the origin takes no I/O and its filesystem is frozen, so that it is one moment of it. It is
 * suspended before the pool's lock is waited for: where the suspend hangs (a full pool, a dead disk), nobody else waits.
 * The snapshot and the resume are one hop; whatever happens, the origin is resumed.
 */
async function whileQuiet(
  context: PoolContext,
  origin: Volume,
  attempted: string,
  make: (makeSnapshot: (thin: ThinId) => Promise<void>) => Promise<Volume>,
): Promise<Volume> {
  const { kernel } = context.ports;
  const device = origin.deviceName;
  let isQuiet = true;
  const resume = async (): Promise<void> => {
    await kernel.resume(device);
    isQuiet = false;
  };
  const snapshotAndResume = async (thin: ThinId): Promise<void> => {
    try {
      await kernel.sequence([context.pool.snapshotCommand(thin, origin.thinId), { command: 'resume', device }]);
      isQuiet = false;
    } catch (error) {
      // The snapshot was made, but the origin still stands: a second try decides whether the snapshot is kept.
      if (!DmError.is(error) || error.operation !== 'resume') throw error;
      await resume();
    }
  };
  try {
    await kernel.suspend(device);
  } catch (error) {
    throw await resumed(resume, attempting(attempted, error));
  }
  try {
    return await make(snapshotAndResume);
  } catch (error) {
    throw isQuiet ? await resumed(resume, asDmError(error)) : error;
  }
}

/** Resumes the origin of a snapshot that failed; gives the error it failed with, and the one of the resume too. */
async function resumed(resume: () => Promise<void>, error: DmError): Promise<DmError> {
  try {
    await resume();
    return error;
  } catch (undoError) {
    const { message, remedy } = asDmError(undoError);
    return new DmError(error.code, `${error.message}; its origin stays suspended: ${message}`, {
      errno: error.errno,
      operation: error.operation,
      subject: error.subject,
      remedy: remedy ?? 'Activate the origin again, which resumes it.',
      cause: error,
      undoError,
    });
  }
}
