import {
  type DataBlocks,
  DmError,
  dataBlocks,
  type MetadataBlocks,
  metadataBlocks,
  type PoolStatus,
  parseThinPoolTarget,
} from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import type { PoolContext } from '../pool/pool-context.ts';
import type { PoolEvent } from '../thin-pool.ts';
import { withAnyOf } from '../wait/cancel-source.ts';
import { eventsBetween, type PoolState } from './events-between.ts';

interface Watch {
  readonly seen: number;
  readonly state: PoolState;
}

/**
 * The pool's events from this call on. The kernel says only that there was one: what happened is read off the state before
 * and after it. Ends when the signal fires or the pool is closed.
 */
export function poolEvents(context: PoolContext, signal: CancelSignal): AsyncIterable<PoolEvent> {
  // Begun now, not with the first `next`, so that nothing in between is missed. Whoever iterates gets its failure.
  const start = context.gate.run(() => startWatch(context));
  start.catch(() => undefined);
  return { [Symbol.asyncIterator]: () => watch(context, start, signal) };
}

async function startWatch(context: PoolContext): Promise<Watch> {
  // The number first: an event that comes between the two then wakes the wait, and none is slept through.
  const { eventNumber } = await context.ports.kernel.info(context.pool.name);
  return { seen: eventNumber, state: await readState(context) };
}

async function* watch(
  context: PoolContext,
  start: Promise<Watch>,
  signal: CancelSignal,
): AsyncGenerator<PoolEvent, void> {
  const { gate, pool, ports } = context;
  let { seen, state } = await start;
  for (;;) {
    try {
      seen = await withAnyOf([gate.closing, signal], (either) => ports.kernel.waitEvent(pool.name, seen, either));
    } catch (error) {
      if (DmError.is(error, 'ABORTED') && (signal.aborted || gate.closing.aborted)) return;
      throw error;
    }
    const next = await readState(context);
    yield* eventsBetween(state, next);
    state = next;
  }
}

async function readState({ pool, ports }: PoolContext): Promise<PoolState> {
  const [status, [target]] = await Promise.all([pool.status(), ports.kernel.table(pool.name)]);
  const dataLowWater = target === undefined ? undefined : parseThinPoolTarget(target.params).lowWaterMark;
  return { mode: modeOf(status), ...lowBlocks(status, dataLowWater) };
}

function modeOf(status: PoolStatus): string {
  if (status.kind === 'ok') return status.mode;
  return status.kind === 'fail' ? 'Fail' : 'Error';
}

function lowBlocks(status: PoolStatus, dataLowWater: DataBlocks | undefined): Omit<PoolState, 'mode'> {
  if (status.kind !== 'ok') return { lowData: undefined, lowMetadata: undefined };
  const data = dataBlocks(status.data.total - status.data.used);
  const metadata = metadataBlocks(status.metadata.total - status.metadata.used);
  return {
    lowData: isLow(data, dataLowWater) ? data : undefined,
    lowMetadata: isLow(metadata, status.metadataLowWater) ? metadata : undefined,
  };
}

function isLow(free: bigint, mark: DataBlocks | MetadataBlocks | undefined): boolean {
  return mark !== undefined && free <= mark;
}
