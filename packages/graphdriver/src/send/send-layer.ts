import { bytes, DmError, type VolumeId } from '@dmthin/domain';
import type { Volume, VolumeReader } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { throwIfAborted } from '../file/abort.ts';
import { mapAhead } from '../file/in-parallel.ts';
import { type LayerIdentity, NO_IDENTITY, newIdentity } from '../identity/layer-identity.ts';
import { unknownLayer } from '../layer/unknown-layer.ts';
import { BEST_COMPRESSION, type Compression, compressed, demandCompression } from './compression.ts';
import { parseToken } from './resume-token.ts';
import {
  chainOf,
  chainStart,
  emptyRecord,
  encodeHeader,
  encodeRecord,
  MAX_DATA,
  type ResumePoint,
  type StreamHeader,
  type StreamRecord,
} from './stream-format.ts';

/** About so much of a layer is read, compressed and summed at a time; all else gets its turn in between. */
const PIECE = 256n * 1024n;
/** Pieces that are read and compressed while one is written. */
const AHEAD = 4;

/** A layer and what its content is called. */
interface Identified {
  readonly volume: Volume;
  readonly identity: LayerIdentity;
}

interface Sending {
  readonly layer: Identified;
  readonly base: Identified | undefined;
  readonly resumed: ResumePoint | undefined;
}

type Piece = Pick<StreamRecord, 'kind' | 'offset' | 'length'>;

/** See `GraphDriver.send`. */
export async function* sendLayer(
  context: DriverContext,
  id: VolumeId,
  from: VolumeId | undefined,
  compression: Compression = BEST_COMPRESSION,
  signal?: CancelSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  demandCompression(compression);
  const layer = await identify(context, id, signal);
  const base = from === undefined ? undefined : await identify(context, from, signal);
  yield* streamOf(context, { layer, base, resumed: undefined }, compression, signal);
}

/** See `GraphDriver.resumeSend`. */
export async function* resumeSend(
  context: DriverContext,
  token: string,
  compression: Compression = BEST_COMPRESSION,
  signal?: CancelSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  demandCompression(compression);
  const { identity, base, position, chain } = parseToken(token);
  const layer = withIdentity(context, identity);
  const resumed = position === 0n ? undefined : { position, chain };
  yield* streamOf(
    context,
    { layer, base: base === NO_IDENTITY ? undefined : withIdentity(context, base), resumed },
    compression,
    signal,
  );
}

/**
 * The stream itself. Where the driver closes, the layer is let go of at once, wherever the stream's reader is: an open device
 * keeps the pool busy.
 */
async function* streamOf(
  context: DriverContext,
  sending: Sending,
  compression: Compression,
  signal: CancelSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { gate, pool, ports, source } = context;
  const { layer, base, resumed } = sending;
  const header: StreamHeader = {
    compression,
    blockSize: source.blockSize,
    size: layer.volume.size,
    identity: layer.identity,
    base: base?.identity ?? NO_IDENTITY,
    resumed,
  };
  const leave = gate.enter();
  const reader = await pool.openReader(ports.blockDevices, layer.volume.id).catch((error: unknown) => {
    leave();
    throw error;
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= reader.close().finally(leave);
    return closed;
  };
  const stop = (): void => void close().catch(() => undefined);
  gate.closing.addEventListener('abort', stop, { once: true });
  try {
    yield encodeHeader(header);
    let chain = chainStart(header);
    for await (const record of records(context, sending, reader, compression, signal)) {
      throwIfAborted(signal, 'send');
      demandUnchanged(context, sending);
      const encoded = encodeRecord(record, chain);
      chain = chainOf(encoded);
      yield encoded;
      if (record.payload.length > 0) yield record.payload;
    }
  } finally {
    gate.closing.removeEventListener('abort', stop);
    await close();
  }
}

async function* records(
  context: DriverContext,
  sending: Sending,
  reader: VolumeReader,
  compression: Compression,
  signal: CancelSignal | undefined,
): AsyncGenerator<StreamRecord, void, undefined> {
  yield* mapAhead(pieces(context, sending, signal), AHEAD, async ({ kind, offset, length }): Promise<StreamRecord> => {
    if (kind === 'unmapped') return emptyRecord(kind, offset, length);
    const data = await reader.read(offset, Number(length));
    return { kind, offset, length, payload: await compressed(compression, data) };
  });
  yield emptyRecord('end', reader.size, bytes(0));
}

async function* pieces(
  { pool, ports, source }: DriverContext,
  { layer, base, resumed }: Sending,
  signal: CancelSignal | undefined,
): AsyncGenerator<Piece, void, undefined> {
  const piece = pieceOf(source.blockSize);
  const options = { base: base?.volume.id, from: resumed?.position };
  for await (const range of pool.changedBlocks(ports.blockDevices, layer.volume.id, options, signal)) {
    const { kind, offset, length } = range;
    if (kind === 'unmapped') {
      yield { kind, offset, length };
      continue;
    }
    const end = offset + length;
    for (let begin: bigint = offset; begin < end; ) {
      const next = (begin / piece + 1n) * piece;
      const stop = next < end ? next : end;
      yield { kind: 'data', offset: bytes(begin), length: bytes(stop - begin) };
      begin = stop;
    }
  }
}

/** Whole blocks, where they are not too large: a pool with blocks of the same size then maps just the same. */
function pieceOf(blockSize: bigint): bigint {
  if (blockSize <= PIECE) return (PIECE / blockSize) * blockSize;
  return blockSize <= MAX_DATA ? blockSize : PIECE;
}

/** The layer with its identity; it is given one where it has none. @throws DmError NOT_FOUND, BUSY: it may change. */
async function identify(context: DriverContext, id: VolumeId, signal: CancelSignal | undefined): Promise<Identified> {
  const { identities, locks, pool } = context;
  return locks.run(
    [id],
    async () => {
      const volume = pool.find(id);
      if (volume === undefined) throw unknownLayer(id);
      const isInUse = context.counts.of(id) > 0 || (await pool.usage(id)) !== undefined;
      if (isInUse || context.growth.has(id)) throw inUse(id, isInUse);
      const known = identities.of(volume);
      if (known !== undefined) return { volume, identity: known };
      const identity = newIdentity();
      await identities.record(volume, identity);
      return { volume, identity };
    },
    signal,
  );
}

/** @throws DmError CONFLICT: no layer has this content any more. */
function withIdentity({ identities, pool }: DriverContext, identity: LayerIdentity): Identified {
  const volume = identities.find(identity, (id) => pool.find(id));
  if (volume !== undefined) return { volume, identity };
  throw new DmError('CONFLICT', 'the layer of this resume token is not here, or was written to since', {
    operation: 'send',
    remedy: 'Remove what was received of it, and send it anew.',
  });
}

/** @throws DmError CONFLICT: what was sent of it so far and what would follow are of two states. */
function demandUnchanged({ identities, pool }: DriverContext, { layer, base }: Sending): void {
  for (const { volume, identity } of base === undefined ? [layer] : [layer, base]) {
    const now = pool.find(volume.id);
    // One that is marked for deletion gives its blocks back while it is still there.
    if (now === undefined || now.isDeleted || identities.of(now) !== identity)
      throw new DmError('CONFLICT', `layer "${volume.id}" was mounted or removed while it was sent`, {
        operation: 'send',
        subject: volume.id,
        remedy: `Make a layer of it (dmthin create COPY --parent ${volume.id}), and send that.`,
      });
  }
}

function inUse(id: VolumeId, isMounted: boolean): DmError {
  const why = isMounted ? 'it is in use' : 'its filesystem is still to be grown, which its next mount does';
  return new DmError('BUSY', `cannot send layer "${id}": ${why}`, {
    errno: 'EBUSY',
    operation: 'send',
    subject: id,
    remedy: `Unmount it, or send a copy as it is now: dmthin create COPY --parent ${id}`,
  });
}
