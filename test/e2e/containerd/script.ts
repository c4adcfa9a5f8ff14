import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Containerd } from './containerd.ts';

const run = promisify(execFile);
export const IMAGE = 'docker.io/library/made:latest';

const CHANGES =
  'echo said; cat /etc/kept /etc/new; echo written >/etc/written; rm /etc/kept; mkdir /e; ln -s /etc/new /e/link; chmod 600 /etc/new';

/**
 * What ctr's users do with images, containers and snapshots on a snapshotter, and what they see of it, with what is another
 * each time (times, names of devices) left out.
 */
export async function runScript(
  containerd: Containerd,
  snapshotter: string,
  image: string,
  place: string,
): Promise<Readonly<Record<string, unknown>>> {
  const seen: Record<string, unknown> = {};
  const on = ['--snapshotter', snapshotter];
  const note = async (what: string, ...words: readonly string[]): Promise<void> => {
    const { status, stdout, stderr } = await containerd.ctr(...words);
    seen[what] = { status, stdout: plain(stdout), error: classOf(stderr) };
  };
  const snapshots = (...words: readonly string[]): readonly string[] => ['snapshots', ...on, ...words];

  await note('import', 'images', 'import', ...on, image);
  await note('layers', ...snapshots('ls'));
  await note('tree of the layers', ...snapshots('tree'));
  await note('run', 'run', ...on, '--rm', IMAGE, 'one', '/bin/sh', '-c', CHANGES);
  await note('run with writes that stay', 'run', ...on, IMAGE, 'two', '/bin/sh', '-c', CHANGES);
  seen['what it changed'] = await diffOf(containerd, on, 'two');
  await note('its snapshot', ...snapshots('info', 'two'));
  await note('a container with it', 'containers', 'ls');
  await note('remove the container', 'containers', 'rm', 'two');

  const target = join(place, `mount-${snapshotter}`);
  await mkdir(target);
  await note('prepare', ...snapshots('prepare', 'key'));
  await mount(containerd, on, target, 'key', async () => {
    await mkdir(join(target, 'dir'));
    await writeFile(join(target, 'dir/file'), 'x'.repeat(3_000_000));
  });
  await note('info', ...snapshots('info', 'key'));
  await note('prepare once more', ...snapshots('prepare', 'key'));
  await note('commit', ...snapshots('commit', 'first', 'key'));
  await note('mounts of what is gone', ...snapshots('mounts', target, 'key'));
  await note('prepare on it', ...snapshots('prepare', 'next', 'first'));
  await note('prepare on what is not there', ...snapshots('prepare', 'other', 'nothing'));
  await note('prepare on what is active', ...snapshots('prepare', 'other', 'next'));
  await note('commit under a name that is taken', ...snapshots('commit', 'first', 'next'));
  await note('view', ...snapshots('view', 'seen', 'first'));
  await note('commit of a view', ...snapshots('commit', 'other', 'seen'));
  await note('label', ...snapshots('label', 'next', 'colour=red', 'size=large'));
  await note('label away', ...snapshots('label', 'next', 'size='));
  await note('info with labels', ...snapshots('info', 'next'));
  seen['a view'] = await mount(containerd, on, target, 'seen', async () => ({
    files: await readdir(target),
    size: (await readFile(join(target, 'dir/file'))).length,
    write: await writeFile(join(target, 'more'), '').catch((error: NodeJS.ErrnoException) => error.code),
  }));
  await note('list', ...snapshots('ls'));
  await note('tree', ...snapshots('tree'));
  seen['usage'] = megabytes(await containerd.print(...snapshots('usage')));
  await note('usage of one', ...snapshots('usage', 'next'));
  // Before containerd collects it, since a view is nobody's: 1.6 then counts it as a child for ever.
  await note('remove a view', ...snapshots('rm', 'seen'));
  seen['diff of two'] = await diffOf(containerd, on, 'next', 'first');
  await note('remove with children', ...snapshots('rm', 'first'));
  await note('remove', ...snapshots('rm', 'next'));
  await note('remove what is gone', ...snapshots('rm', 'next'));
  await note('remove the last', ...snapshots('rm', 'first'));
  await note('what is left', ...snapshots('ls'));
  await note('remove the image', 'images', 'rm', '--sync', IMAGE);
  await note('what garbage collection leaves', ...snapshots('ls'));
  return seen;
}

/** Mounts as the command says that `ctr snapshots mounts` prints. */
async function mount<T>(
  containerd: Containerd,
  on: readonly string[],
  target: string,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  const command = (await containerd.print('snapshots', ...on, 'mounts', target, key)).trim();
  await run('sh', ['-c', command.replace(/ -o $/u, '').replace(/ -o$/u, '')]);
  try {
    return await work();
  } finally {
    await run('umount', [target]);
  }
}

/** Names, kinds, modes and owners of what a container's snapshot has that its image has not. */
async function diffOf(
  containerd: Containerd,
  on: readonly string[],
  ...keys: readonly string[]
): Promise<readonly string[]> {
  const tar = containerd.line('snapshots', ...on, 'diff', ...keys);
  const { stdout } = await run('sh', ['-c', `${tar} | tar --list --verbose --gunzip --numeric-owner`]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d /u, ''))
    .sort();
}

/** Of containerd's errors the last words are what its clients act on. */
const classOf = (text: string): string => /: ([^:]*)$/u.exec(text.trim())?.[1] ?? text.trim();

function plain(text: string): string {
  return (
    text
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, 'TIME')
      .replaceAll(/\/dev\/mapper\/\S+/gu, 'DEVICE')
      .replaceAll(/elapsed: .*/gu, 'elapsed')
      .replaceAll(/\/\S*\/mount-[a-z]+/gu, 'TARGET')
      .split('\n')
      // A map's order is another each time.
      .map((line) => (line.includes('=') && line.includes(',') ? line.split(',').sort().join(',') : line.trimEnd()))
      .join('\n')
  );
}

/**
 * To the megabyte: where a filesystem puts its blocks is another each time. containerd's own snapshotter says of a view that
 * it has less than nothing, since it takes the parent's usage from one that it never measures.
 */
function megabytes(text: string): readonly string[] {
  const rounded = (_: string, size: string, unit: string): string => {
    const bytes = Number(size) * (UNITS[unit] ?? 1);
    return `${Math.max(0, Math.round(bytes / 2 ** 20))} MiB`;
  };
  const lines = text.trim().split('\n');
  return lines.map((line) => line.replaceAll(/(-?[\d.]+) (B|KiB|MiB|GiB)/gu, rounded).replaceAll(/\s+/gu, ' '));
}
const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
