import { ByteWriter } from '../dump/byte-writer.ts';
import type { PoolReader } from '../read/pool-reader.ts';
import { compareDevices } from './delta.ts';
import type { DeltaOptions } from './delta-xml.ts';

const CHUNK = 64 * 1024;

/**
 * The differences of two devices as one JSON array of `{kind, begin, length, leftData, rightData}`, in chunks of some
 * 64 KiB. @throws DmError NO_DATA (ENODATA): no such device. CORRUPT, IO.
 */
export function* deltaJson(pool: PoolReader, { left, right }: DeltaOptions): Generator<Uint8Array> {
  const out = new ByteWriter(CHUNK);
  let separator = '[';
  const steps = compareDevices(pool, left, right, (kind, begin, length, leftData, rightData) => {
    const data = {
      ...(kind === 'right_only' ? {} : { leftData }),
      ...(kind === 'left_only' ? {} : { rightData }),
    };
    out.text(`${separator}${JSON.stringify({ kind, begin, length, ...data })}`);
    separator = ',\n';
  });
  for (const _ of steps) if (out.isFull) yield out.take();
  out.text(separator === '[' ? '[]\n' : ']\n');
  yield out.take();
}
