import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Takes down what a snapshotter leaves up for its users: thin devices, pools, and loop devices below `root`. */
export async function takeDown(root: string): Promise<void> {
  for (const target of ['thin', 'thin-pool']) {
    const { stdout } = await run('dmsetup', ['ls', '--target', target]);
    for (const [, name = ''] of stdout.matchAll(/^(docker-\S+)\s+\(/gmu))
      await run('dmsetup', ['remove', '--retry', name]);
  }
  const { stdout } = await run('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE']);
  for (const [, device = '', file = ''] of stdout.matchAll(/^(\S+)\s+(\S+)/gmu))
    if (file.startsWith(root)) await run('losetup', ['--detach', device]);
}
