import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import type { Dockerd } from './dockerd.ts';
import { layersOfSaved } from './saved-image.ts';

const CHANGES =
  'echo new >/etc/new; rm /etc/old; mkdir -p /d/e; ln -s /etc/kept /d/link; ln /etc/new /d/hard; chmod 4711 /d/hard; ' +
  'dd if=/dev/zero of=/d/sparse bs=1 count=1 seek=1M 2>&1 | cat >/dev/null; echo said';

/** A chain of commits: each command is one. */
const DOCKERFILE = `FROM first
COPY added /from/context
RUN /bin/mkdir -p /built/deep && echo two >/built/deep/file && /bin/chmod 2750 /built/deep && /bin/rm /from/context
CMD ["/bin/cat", "/built/deep/file"]
`;

/**
 * What docker's users do with images and containers, and what they see of it, with what is another each time (ids,
 * times) left out.
 */
export async function runScript(
  docker: Dockerd,
  tar: string,
  place: string,
  /** Ends what serves dockerd from outside, where something does, and starts it again. */
  killPlugin: () => Promise<void>,
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
  await mkdir(join(place, 'context'), { recursive: true });
  await writeFile(join(place, 'context/added'), 'added');
  await writeFile(join(place, 'context/Dockerfile'), DOCKERFILE);
  await docker.print('build', '--network', 'none', '--quiet', '--tag', 'built', join(place, 'context'));
  await note('history of a build', 'history', '--format', '{{.Size}} {{.CreatedBy}}', 'built');
  seen['save of a build'] = await Promise.all((await layersOfSaved(await docker.bytes('save', 'built'))).map(listing));
  await killPlugin();
  await note('run of a build, after a kill -9 of the plugin', 'run', '--rm', '--network', 'none', 'built');
  const sized = ['create', '--network', 'none', '--name', 'sized', '--storage-opt'];
  await note('create with a size', ...sized, 'size=1G', 'first', '/bin/sh');
  await note('its device', 'inspect', '--format', '{{.GraphDriver.Data.DeviceSize}}', 'sized');
  await note('remove', 'rm', 'one', 'two', 'sized');
  await note('remove images', 'rmi', 'third', 'second', 'built');
  await writeFile(join(place, 'saved.tar'), saved);
  await note('load', 'load', '--quiet', '--input', join(place, 'saved.tar'));
  await note('run of what was loaded', 'run', '--network', 'none', '--rm', 'third', '/bin/cat', '/etc/new');
  await note('images', 'images', '--format', '{{.Repository}} {{.Size}}');
  const stay = ['run', '--detach', '--network', 'none', '--name', 'stay', 'third'];
  await note('run that stays', ...stay, '/bin/sh', '-c', 'echo started >>/starts; sleep 600');
  const containers = ['ps', '--all', '--format', '{{.Names}} {{.State}}'];
  await docker.stop();
  await docker.start();
  await note('images after a restart', 'images', '--format', '{{.Repository}} {{.Size}}');
  await note('containers that lived on', ...containers);
  await note('diff of what lived on', 'diff', 'stay');
  await docker.stop('SIGKILL');
  await killPlugin();
  await docker.start();
  await note('containers after a kill -9 of both', ...containers);
  await note('end of what lived on', 'stop', '--time', '0', 'stay');
  seen['its starts'] = await listing(await docker.bytes('cp', 'stay:/starts', '-'));
  await note('diff of that', 'diff', 'stay');
  seen['export of that'] = await listing(await docker.bytes('export', 'stay'));
  await note('prune of containers', 'container', 'prune', '--force');
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

/** All of a tar's files in its order, but for their times, and what is in those that Docker writes of its own. */
async function listing(tar: Uint8Array): Promise<readonly string[]> {
  const lines: string[] = [];
  const reader = extract();
  Readable.from([tar]).pipe(reader);
  for await (const entry of reader) {
    const { name, type, mode, uid, gid, size, linkname } = entry.header;
    const content = await buffer(entry);
    const isOwn = /^etc\/(?:host|resolv)/u.test(name);
    const hash = createHash('sha256').update(content).digest('base64');
    const shown = content.length < 100 ? content.toString() : hash;
    lines.push([type, name, mode?.toString(8), uid, gid, size, linkname ?? '', isOwn ? '' : shown].join(' '));
  }
  return lines;
}
