import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

interface Blob {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

const MEDIA = 'application/vnd.oci.image';
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Packs an image of layers (tars) as the OCI image layout in a tar, as `ctr images import` reads it; gives its path.
 * @param name the reference it is imported as.
 */
export async function packImage(place: string, name: string, layers: readonly Uint8Array[]): Promise<string> {
  const blobs = new Map<string, Uint8Array>();
  const add = (mediaType: string, bytes: Uint8Array): Blob => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const addJson = (mediaType: string, value: object): Blob => add(mediaType, Buffer.from(JSON.stringify(value)));
  const config = addJson(`${MEDIA}.config.v1+json`, {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['/bin/sh'], Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
  });
  const manifest = addJson(`${MEDIA}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config,
    layers: layers.map((tar) => add(`${MEDIA}.layer.v1.tar+gzip`, gzipSync(tar))),
  });
  const tar = pack();
  tar.entry({ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}');
  const annotations = { 'io.containerd.image.name': name };
  tar.entry({ name: 'index.json' }, JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }));
  for (const [digest, bytes] of blobs) tar.entry({ name: `blobs/${digest.replace(':', '/')}` }, Buffer.from(bytes));
  tar.finalize();
  const path = join(place, 'image.tar');
  await writeFile(path, await buffer(tar));
  return path;
}

/** A layer that changes what the one below has: new, written anew, gone, and anew in a directory that was made anew. */
export async function changesLayer(): Promise<Uint8Array> {
  const tar = pack();
  tar.entry({ name: 'etc/new', mode: 0o640, uid: 7, gid: 8 }, 'new');
  tar.entry({ name: 'etc/kept', mode: 0o755 }, 'changed');
  tar.entry({ name: 'etc/.wh.old' }, '');
  tar.entry({ name: 'd/', type: 'directory', mode: 0o1777 });
  tar.entry({ name: 'd/link', type: 'symlink', linkname: '/etc/new' });
  tar.entry({ name: 'd/hard', type: 'link', linkname: 'etc/new' });
  tar.finalize();
  return buffer(tar);
}

export const readLayer = (path: string): Promise<Uint8Array> => readFile(path);
