import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { textOf } from '../support/dmthin.ts';
import { type Place, temporaryPlace } from '../support/root.ts';
import { tarOf } from '../support/tar.ts';

/** A root with `web` imported from a tar.gz and `web-1` made from it and changed, all by the command. */
export interface ImportedRoot extends AsyncDisposable {
  readonly root: string;
  /** Beside the root, for files of the tests. */
  readonly directory: string;
}

/** Bytes that no text could pass unharmed. */
export const BINARY: Buffer = Buffer.concat([Buffer.from([0, 255, 13, 10, 26, 128]), randomBytes(300_000)]);

export const WEB: Buffer = tarOf(
  { path: 'etc/', type: '5' },
  { path: 'etc/hosts', content: '127.0.0.1 localhost\n' },
  { path: 'usr/', type: '5' },
  { path: 'usr/data', content: BINARY },
  { path: 'hosts', type: '2', link: 'etc/hosts' },
);

export async function importedRoot(): Promise<ImportedRoot> {
  const place: Place = await temporaryPlace();
  const root = join(place.path, 'root');
  const file = join(place.path, 'web.tar.gz');
  await writeFile(file, gzipSync(WEB));
  await textOf(['import', 'web', file], { root });
  await textOf(['create', 'web-1', '--parent', 'web', '--storage-opt', 'size=128M'], { root });
  await textOf(['apply', 'web-1'], {
    root,
    input: tarOf({ path: 'log', content: 'up\n' }, { path: 'etc/.wh.hosts' }, { path: 'usr/', type: '5', mode: 0o700 }),
  });
  return { root, directory: place.path, [Symbol.asyncDispose]: () => place[Symbol.asyncDispose]() };
}
