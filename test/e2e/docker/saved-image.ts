import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';

/** The layers of an image that was saved (`docker save`), each a tar, the lowest first. */
export async function layersOfSaved(saved: Uint8Array): Promise<readonly Buffer[]> {
  const files = new Map<string, Buffer>();
  const reader = extract();
  Readable.from([saved]).pipe(reader);
  for await (const entry of reader) files.set(entry.header.name, await buffer(entry));
  const [manifest] = JSON.parse(files.get('manifest.json')?.toString() ?? '[]') as [{ readonly Layers: string[] }];
  return manifest.Layers.map((name) => files.get(name) ?? Buffer.alloc(0));
}
