import { type EmitOptions, emitPool } from '../content/emit-pool.ts';
import type { PoolSink } from '../content/pool-content.ts';
import type { PoolReader } from '../read/pool-reader.ts';
import { itemsOf, type Steps } from '../read/steps.ts';
import { ByteWriter } from './byte-writer.ts';
import { JsonSink } from './json-sink.ts';
import { TextSink } from './text-sink.ts';
import { XmlSink } from './xml-sink.ts';

/** thin_dump's XML, lines of JSON, or what thin_dump prints for people. */
export type DumpFormat = 'xml' | 'json' | 'human_readable';

export interface DumpOptions extends EmitOptions {
  /** XML without it. */
  readonly format?: DumpFormat | undefined;
}

const SINKS: Readonly<Record<DumpFormat, new (out: ByteWriter) => PoolSink>> = {
  xml: XmlSink,
  json: JsonSink,
  human_readable: TextSink,
};
const CHUNK = 64 * 1024;

/** The pool as text, in chunks of some 64 KiB; memory does not grow with it. @throws DmError CORRUPT, IO. */
export function dumpPool(pool: PoolReader, options: DumpOptions = {}): Generator<Uint8Array> {
  return itemsOf(walkDump(pool, options));
}

/** The same, block by block. */
export function* walkDump(pool: PoolReader, options: DumpOptions = {}): Steps<Uint8Array> {
  yield* writing(options.format ?? 'xml', (sink) => emitPool(pool, sink, options));
}

/** Any content as text: `emit` hands it to the sink it is given, step by step. */
export function writeContent(format: DumpFormat, emit: (sink: PoolSink) => Iterable<void>): Generator<Uint8Array> {
  return itemsOf(writing(format, emit));
}

function* writing(format: DumpFormat, emit: (sink: PoolSink) => Iterable<unknown>): Steps<Uint8Array> {
  const out = new ByteWriter(CHUNK);
  for (const step of emit(new SINKS[format](out))) {
    if (typeof step === 'number') yield step;
    if (out.isFull) yield out.take();
  }
  yield out.take();
}
