import type { PoolSink } from '../content/pool-content.ts';
import type { MetadataDevice } from '../device/metadata-device.ts';
import { ContentFault, contentError } from './content-fault.ts';
import type { ContentParser } from './content-parser.ts';
import { jsonParser } from './parse-json.ts';
import { xmlParser } from './parse-xml.ts';
import { type HeaderOverrides, PoolBuilder } from './pool-builder.ts';

/**
 * Writes a pool's metadata from a dump of it: XML as thin_dump prints it, or lines of JSON. What was on the device is
 * gone from the first chunk on; there is no pool on it again before all of the text has been taken.
 * @throws DmError INVALID_ARGUMENT: not well formed, cut off, out of order, or what no pool can be made of, with its line.
 * @throws DmError NO_SPACE (ENOSPC): the device is too small. IO (EIO).
 */
export async function restorePool(
  device: MetadataDevice,
  dump: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  overrides: HeaderOverrides = {},
): Promise<void> {
  await parseContent(dump, new PoolBuilder(device, overrides));
}

/** Hands what a dump says to a sink. @throws DmError INVALID_ARGUMENT, and what the sink throws. */
export async function parseContent(
  dump: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sink: PoolSink,
): Promise<void> {
  const decoder = new TextDecoder();
  let parser: ContentParser | undefined;
  try {
    for await (const chunk of dump) {
      const text = decoder.decode(chunk, { stream: true });
      parser ??= parserFor(text, sink);
      parser?.write(text);
    }
    parser ??= xmlParser(sink);
    parser.write(decoder.decode());
    parser.close();
  } catch (error) {
    throw error instanceof ContentFault ? contentError(error, parser?.line) : error;
  }
}

/** By the first character that is no space; undefined while there is none. */
function parserFor(text: string, sink: PoolSink): ContentParser | undefined {
  const first = text.trimStart().at(0);
  if (first === undefined) return undefined;
  return first === '{' ? jsonParser(sink) : xmlParser(sink);
}
