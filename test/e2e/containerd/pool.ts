import { execFile } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DATA_MIB = 1024;

/** A thin pool made by dmsetup over loop devices, as containerd's own snapshotter wants to find one. */
export async function makePool(place: string, name: string): Promise<void> {
  const devices: string[] = [];
  for (const [file, mib] of [
    ['metadata', 64],
    ['data', DATA_MIB],
  ] as const) {
    const path = join(place, `${name}-${file}`);
    await writeFile(path, '');
    await truncate(path, mib * 2 ** 20);
    devices.push((await run('losetup', ['--find', '--show', path])).stdout.trim());
  }
  const table = `0 ${DATA_MIB * 2048} thin-pool ${devices.join(' ')} 128 32768 1 skip_block_zeroing`;
  await run('dmsetup', ['create', name, '--table', table]);
}

/** Takes down all that stands on files below `place`: thin devices, pools, loop devices. */
export async function takeDown(place: string): Promise<void> {
  for (const target of ['thin', 'thin-pool']) {
    const { stdout } = await run('dmsetup', ['ls', '--target', target]);
    for (const [, name = ''] of stdout.matchAll(/^(\S+)\s+\(/gmu)) await run('dmsetup', ['remove', '--retry', name]);
  }
  const { stdout } = await run('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE']);
  for (const [, device = '', file = ''] of stdout.matchAll(/^(\S+)\s+(\S+)/gmu))
    if (file.startsWith(place)) await run('losetup', ['--detach', device]);
}
