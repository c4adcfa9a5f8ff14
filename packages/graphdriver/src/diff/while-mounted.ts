import { DmError, type VolumeId } from '@dmthin/domain';
import { withUndoError } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { unknownLayer } from '../layer/unknown-layer.ts';
import { mountLayer, unmountLayer } from '../mount/mount-layer.ts';
import { type RawPath, rawPathOfText } from '../path/raw-path.ts';

/** The root directories of mounted layers, in the order of their ids; undefined for none asked for. */
export type MountedRoots = readonly [layer: RawPath, parent: RawPath | undefined];

/** Runs `work` while a layer, and the parent it is compared with, are mounted. */
export async function whileMounted<T>(
  context: DriverContext,
  id: VolumeId,
  parent: VolumeId | undefined,
  signal: CancelSignal | undefined,
  work: (roots: MountedRoots) => Promise<T>,
): Promise<T> {
  const mounted = await mountBoth(context, id, parent, signal);
  let result: T;
  try {
    result = await work(mounted.roots);
  } catch (error) {
    throw await mounted.afterFailure(error);
  }
  await mounted.unmount();
  return result;
}

/**
 * As `whileMounted`, for work that yields: mounted at the first read, unmounted after the last, or when it is given up.
 * When the driver closes, what the work has open is closed at once, wherever its reader is: an open file keeps the
 * layer's device busy, and the pool with it.
 */
export async function* streamWhileMounted<T>(
  context: DriverContext,
  id: VolumeId,
  parent: VolumeId | undefined,
  signal: CancelSignal | undefined,
  work: (roots: MountedRoots) => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const { gate } = context;
  const leave = gate.enter();
  const mounted = await mountBoth(context, id, parent, signal).catch((error: unknown) => {
    leave();
    throw error;
  });
  const parts = work(mounted.roots)[Symbol.asyncIterator]();
  const letGo = (): void => void Promise.resolve(parts.return?.()).then(leave, leave);
  gate.closing.addEventListener('abort', letGo, { once: true });
  let isDone = false;
  try {
    for await (const part of { [Symbol.asyncIterator]: () => parts }) {
      if (gate.closing.aborted) throw gate.closedError();
      yield part;
    }
    if (gate.closing.aborted) throw gate.closedError();
    isDone = true;
    await mounted.unmount();
  } catch (error) {
    isDone = true;
    throw await mounted.afterFailure(error);
  } finally {
    // The reader went away in the middle: nobody is there to be told of a failure.
    if (!isDone) await mounted.unmount().catch((error: unknown) => logLeft(context, id, error));
    gate.closing.removeEventListener('abort', letGo);
    leave();
  }
}

interface Mounted {
  readonly roots: MountedRoots;
  unmount(): Promise<void>;
  /** Unmounts; gives the error to throw. */
  afterFailure(error: unknown): Promise<unknown>;
}

async function mountBoth(
  context: DriverContext,
  id: VolumeId,
  parent: VolumeId | undefined,
  signal: CancelSignal | undefined,
): Promise<Mounted> {
  // A first mount writes to a layer, so that both are looked for before one is mounted.
  for (const one of [id, parent])
    if (one !== undefined && context.pool.find(one) === undefined) throw unknownLayer(one);
  const ids: VolumeId[] = [];
  const unmount = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const one of ids.splice(0)) await unmountLayer(context, one).catch((error: unknown) => failures.push(error));
    // Once the driver is closed there is nothing mounted any more, or nothing that is ours.
    if (failures.length > 0 && !context.gate.closing.aborted) throw failures[0];
  };
  const afterFailure = async (error: unknown): Promise<unknown> => {
    try {
      await unmount();
      return error;
    } catch (undoError) {
      return withUndoError(error, undoError);
    }
  };
  const mount = async (one: VolumeId): Promise<RawPath> => {
    const root = await mountLayer(context, one, undefined, signal);
    ids.push(one);
    return rawPathOfText(root);
  };
  try {
    const layer = await mount(id);
    return { roots: [layer, parent === undefined ? undefined : await mount(parent)], unmount, afterFailure };
  } catch (error) {
    throw await afterFailure(error);
  }
}

function logLeft({ ports }: DriverContext, id: VolumeId, error: unknown): void {
  const message = DmError.is(error) ? error.message : String(error);
  ports.log.write('warn', `a diff of layer "${id}" was given up, and it could not be unmounted: ${message}`, { error });
}
