import type { RawPath } from '#src/path/raw-path';
import { encodeHeader, TAR_END } from '#src/tar/encode-header';
import { paddingAfter, type TarEntry } from '#src/tar/tar-entry';

/** An entry with what is given; a file of its content's size. */
export function entry(path: string, fields: Partial<TarEntry> = {}, content = ''): TarEntry {
  return {
    path: path as RawPath,
    type: 'file',
    mode: 0o644,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    size: content.length,
    modified: { seconds: 1_700_000_000, nanoseconds: 0 },
    linkPath: '' as RawPath,
    major: 0,
    minor: 0,
    attributes: new Map(),
    ...fields,
  };
}

/** A tar of these, whole. */
export function tarOf(...items: readonly (TarEntry | readonly [TarEntry, string])[]): Buffer {
  return Buffer.concat([...items.map(blocksOf), TAR_END]);
}

function blocksOf(item: TarEntry | readonly [TarEntry, string]): Buffer {
  const [header, content] = 'path' in item ? [item, ''] : item;
  const body = Buffer.from(content);
  const sized = { ...header, size: header.type === 'file' && header.size === 0 ? body.length : header.size };
  return Buffer.concat([encodeHeader(sized), body, Buffer.alloc(paddingAfter(body.length))]);
}

/** The bytes as a stream of chunks of this size. */
export async function* streamOf(bytes: Uint8Array, chunk = 1000): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += chunk) yield bytes.subarray(start, start + chunk);
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
