import { DmError, type VolumeId } from '@dmthin/domain';
import { orUndo } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { type LayerIdentity, NO_IDENTITY } from '../identity/layer-identity.ts';
import { forgetUnmade } from '../layer/create-layer.ts';
import { refuseFullHost } from '../layer/refuse-full-host.ts';
import { takenId } from '../layer/taken-id.ts';
import { unknownLayer } from '../layer/unknown-layer.ts';
import { nothingOf, type Progress } from './resume-token.ts';
import type { StreamHeader } from './stream-format.ts';

/**
 * Makes the layer that a stream is to fill, or takes up the one that an earlier stream of the same content left half filled.
 * It is noted as half received before it is there.
 * @returns what of it is there.
 * @throws DmError ALREADY_EXISTS. CONFLICT: the stream is no continuation of what is there, or no layer has the content
 * that it is based on, or the one that was named has another.
 */
export async function beginReceive(
  context: DriverContext,
  id: VolumeId,
  header: StreamHeader,
  base: VolumeId | undefined,
  signal: CancelSignal,
): Promise<Progress> {
  const half = context.halves.of(id);
  if (half !== undefined) return continued(id, half, header);
  const known = context.pool.find(id);
  if (known !== undefined) throw takenId(known);
  if (header.resumed !== undefined)
    throw conflict(id, 'the stream is the rest of one whose beginning is not here', 'Send it from its beginning.');
  const origin = baseOf(context, id, header.base, base);
  return context.locks.run(
    origin === undefined ? [id] : [id, origin],
    () => make(context, id, header, origin, signal),
    signal,
  );
}

async function make(
  context: DriverContext,
  id: VolumeId,
  header: StreamHeader,
  origin: VolumeId | undefined,
  signal: CancelSignal,
): Promise<Progress> {
  const { halves, lineage, pool } = context;
  // Again, now that nobody can mount it.
  if (origin !== undefined) baseOf(context, id, header.base, origin);
  await refuseFullHost(context, id, await pool.status());
  const progress = nothingOf(header.identity, header.base);
  await halves.note(id, progress);
  const made = async (): Promise<void> => {
    if (origin === undefined) return void (await pool.create(id, header.size, signal));
    await lineage.record(id, origin);
    await pool.snapshot(id, origin, header.size, signal);
  };
  await orUndo(made(), () => forgetUnmade(context, id));
  return progress;
}

function continued(id: VolumeId, half: Progress, header: StreamHeader): Progress {
  if (half.identity !== header.identity || half.base !== header.base)
    throw conflict(
      id,
      'what is there of it came from another stream',
      `Go on with that one (dmthin receive --pending), or give it up: dmthin rm ${id}`,
    );
  if ((header.resumed?.position ?? 0n) > half.position)
    throw conflict(
      id,
      'the stream goes on behind what is there of it',
      'Send it with the token that is shown now: dmthin receive --pending.',
    );
  return half;
}

/** The layer that a stream is based on; undefined: on none. */
function baseOf(
  { identities, pool }: DriverContext,
  id: VolumeId,
  wanted: LayerIdentity,
  given: VolumeId | undefined,
): VolumeId | undefined {
  if (wanted === NO_IDENTITY) {
    if (given === undefined) return undefined;
    throw conflict(id, 'the stream is of a whole layer, based on none', 'Leave out the base.');
  }
  if (given !== undefined) {
    const volume = pool.find(given);
    if (volume === undefined) throw unknownLayer(given);
    if (identities.of(volume) === wanted) return given;
    throw conflict(
      id,
      `layer "${given}" is not what the stream is based on, or was written to since it came`,
      'Name the layer that was received from the base of this stream, or send the whole layer.',
    );
  }
  const found = identities.find(wanted, (candidate) => pool.find(candidate));
  if (found !== undefined) return found.id;
  throw conflict(
    id,
    'no layer here has the content that the stream is based on',
    'Receive its base first (and do not mount it in between), or send the whole layer.',
  );
}

function conflict(id: VolumeId, why: string, remedy: string): DmError {
  return new DmError('CONFLICT', `cannot receive layer "${id}": ${why}`, { operation: 'receive', subject: id, remedy });
}
