import { type Bytes, bytes, devicePath, humanSize, type VolumeId } from '@dmthin/domain';
import { attempting, orUndo, throwIfAborted, withAnyOf, withUndoError } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { ByteSource } from '../tar/byte-source.ts';
import { beginReceive } from './begin-receive.ts';
import { BlockWriter } from './block-writer.ts';
import { decompressed } from './compression.ts';
import { readHeader, readRecords, type VerifiedRecord } from './read-stream.ts';
import { formatToken, type Progress } from './resume-token.ts';
import type { StreamHeader } from './stream-format.ts';

/** After so many bytes what came is made to last, so that a process that is killed loses no more. */
const CHECKPOINT = 64n * 1024n * 1024n;

/** See `GraphDriver.receive`. */
export async function receiveLayer(
  context: DriverContext,
  id: VolumeId,
  stream: AsyncIterable<Uint8Array>,
  base: VolumeId | undefined,
  signal?: CancelSignal,
): Promise<void> {
  const { gate, halves } = context;
  const release = halves.claim(id);
  try {
    await withAnyOf([gate.closing, signal], async (either) => {
      const source = new ByteSource(stream, either, 'receive');
      try {
        const header = await readHeader(source);
        const begun = await beginReceive(context, id, header, base, either);
        await take(context, id, header, begun, source, either).catch((error: unknown) => {
          throw attempting(`receive layer "${id}"`, error, wayOn(context, id, header.size));
        });
      } finally {
        await source.close();
      }
    });
  } finally {
    release();
  }
}

/** What of the stream is not there yet, up to its end; then the layer is whole. */
async function take(
  context: DriverContext,
  id: VolumeId,
  header: StreamHeader,
  begun: Progress,
  source: ByteSource,
  signal: CancelSignal,
): Promise<void> {
  const { halves, identities, pool } = context;
  const path = devicePath(await pool.activate(id, {}, signal));
  const written = writeTo(context, path, (writer) =>
    writeRecords(context, id, begun, readRecords(source, header), header, writer, signal),
  );
  await orUndo(written, () => pool.deactivate(id));
  await pool.deactivate(id);
  await identities.record(pool.get(id), header.identity);
  await halves.end(id);
}

async function writeTo(
  { ports, source }: DriverContext,
  path: string,
  work: (writer: BlockWriter) => Promise<void>,
): Promise<void> {
  const device = await ports.blockDevices.open(path);
  try {
    await work(new BlockWriter(device, source.blockSize));
  } finally {
    await device.close();
  }
}

/** Where it fails, what was verified before is kept. */
async function writeRecords(
  { halves }: DriverContext,
  id: VolumeId,
  begun: Progress,
  records: AsyncIterable<VerifiedRecord>,
  { compression }: StreamHeader,
  writer: BlockWriter,
  signal: CancelSignal,
): Promise<void> {
  let noted = begun;
  let reached = begun;
  const keep = async (): Promise<void> => {
    await writer.flush();
    if (reached.position > noted.position) await halves.note(id, reached);
    noted = reached;
  };
  try {
    for await (const { kind, offset, length, payload, chain } of records) {
      throwIfAborted(signal, 'receive');
      const end: Bytes = bytes(offset + length);
      // The end itself is at the layer's size, which all records may have come to before.
      if (kind === 'end') break;
      if (end <= reached.position) continue;
      if (kind === 'unmapped') await writer.unmap(offset, length);
      else await writer.write(offset, await decompressed(compression, payload, Number(length)));
      reached = { ...reached, position: end, chain };
      if (reached.position - noted.position >= CHECKPOINT) await keep();
    }
  } catch (error) {
    await keep().catch((undoError: unknown) => {
      throw withUndoError(error, undoError);
    });
    throw error;
  }
  await keep();
}

function wayOn({ halves }: DriverContext, id: VolumeId, size: Bytes): string {
  const progress = halves.of(id);
  if (progress === undefined) return 'It is there; nothing is left to do.';
  return (
    `What came is kept (${humanSize(progress.position)} of ${humanSize(size)}). Go on: dmthin send --resume ` +
    `${formatToken(progress)} | dmthin receive ${id}; or give it up: dmthin rm ${id}`
  );
}
