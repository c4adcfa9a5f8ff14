import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import type { Dockerd } from './dockerd.ts';
import { layersOfSaved } from './saved-image.ts';

const CHANGES =
  'echo new >/etc/new; rm /etc/old; mkdir -p /d/e; ln -s /etc/kept /d/link; ln /etc/new /d/hard; chmod 4711 /d/hard; ' +
  'dd if=/dev/zero of=/d/sparse bs=1 count=1 seek=1M 2>&1 | cat >/dev/null; echo said';

/**
 * What docker's users do with images and containers, and what they see of it, with what is another each time (ids,
 * times) left out.
 */
export async function runScript(
  docker: Dockerd,
  tar: string,
  place: string,
): Promise<Readonly<Record<string, unknown>>> {
  const seen: Record<string, unknown> = {};
  const note = async (what: string, ...words: readonly string[]): Promise<void> => {
    seen[what] = withoutIds(await docker.print(...words));
  };
  await note('import', 'import', tar, 'first');
  await note('layers of an import', 'image', 'inspect', '--format', '{{json .RootFS.Layers}} {{.Size}}', 'first');
  await note('run', 'run', '--network', 'none', '--name', 'one', 'first', '/bin/sh', '-c', CHANGES);
  // Docker's own driver lists what was added to a directory in the order of a hash table.
  seen['diff'] = (await docker.print('diff', 'one')).trim().split('\n').sort();
  await note('sizes', 'ps', '--all', '--size', '--format', '{{.Names}} {{.Size}}');
  await note('commit', 'commit', 'one', 'second');
  await note(
    'run of a commit',
    ...['run', '--network', 'none', '--name', 'two', 'second', '/bin/sh', '-c'],
    '/bin/cat /d/hard; rm -r /d',
  );
  await note('diff of that', 'diff', 'two');
  await note('commit of that', 'commit', 'two', 'third');
  await note('history', 'history', '--format', '{{.Size}}', 'third');
  await writeFile(join(place, 'in'), 'copied');
  await note('copy in', 'cp', join(place, 'in'), 'two:/etc/in');
  seen['copy out'] = await listing(await docker.bytes('cp', 'two:/etc/in', '-'));
  seen['export'] = await listing(await docker.bytes('export', 'one'));
  const saved = await docker.bytes('save', 'third');
  seen['save'] = await Promise.all((await layersOfSaved(saved)).map(listing));
  const sized = ['create', '--network', 'none', '--name', 'sized', '--storage-opt'];
  await note('create with a size', ...sized, 'size=1G', 'first', '/bin/sh');
  await note('its device', 'inspect', '--format', '{{.GraphDriver.Data.DeviceSize}}', 'sized');
  await note('remove', 'rm', 'one', 'two', 'sized');
  await note('remove images', 'rmi', 'third', 'second');
  await writeFile(join(place, 'saved.tar'), saved);
  await note('load', 'load', '--quiet', '--input', join(place, 'saved.tar'));
  await note('run of what was loaded', 'run', '--network', 'none', '--rm', 'third', '/bin/cat', '/etc/new');
  await note('images', 'images', '--format', '{{.Repository}} {{.Size}}');
  await docker.stop();
  await docker.start();
  await note('images after a restart', 'images', '--format', '{{.Repository}} {{.Size}}');
  await note('remove all images', 'rmi', 'third', 'first');
  await note('prune', 'system', 'prune', '--force');
  return seen;
}

/** A command that docker refuses, and what it says. */
export async function refusal(docker: Dockerd, ...words: readonly string[]): Promise<string> {
  const { status, stderr } = await docker.run(...words);
  if (status === 0) throw new Error(`docker ${words.join(' ')} was not refused`);
  return stderr.trim();
}

function withoutIds(text: string): string {
  return text.replaceAll(/(?<=^|\n)(Deleted: )?sha256:[0-9a-f]{64}|(?<=^|\n)[0-9a-f]{64}/gu, '$1ID').trim();
}

/** The files of a tar in its order, all of them but for their times. */
async function listing(tar: Uint8Array): Promise<readonly string[]> {
  const lines: string[] = [];
  const reader = extract();
  Readable.from([tar]).pipe(reader);
  for await (const entry of reader) {
    const { name, type, mode, uid, gid, size, linkname } = entry.header;
    const content = await buffer(entry);
    const isText = content.length < 100 && !name.startsWith('etc/host');
    lines.push([type, name, mode?.toString(8), uid, gid, size, linkname ?? '', isText ? content : ''].join(' '));
  }
  return lines;
}
