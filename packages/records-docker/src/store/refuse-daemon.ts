import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DmError } from '@dmthin/domain';
import { DAEMON_FILE, DRIVER, daemonOf } from './docker-daemon.ts';

/**
 * Refuses a root that a running dockerd has: it keeps no lock that could be met, and neither would know of the thin ids
 * that the other gives away. Only the directory that Docker's own driver uses is one of its roots; for every other one
 * nothing is looked at.
 * @throws DmError LOCKED: says which process.
 */
export async function refuseDaemon(root: string): Promise<void> {
  const real = await realpath(root).catch(() => root);
  if (basename(real) !== DRIVER) return;
  const dockerRoot = dirname(real);
  const daemon = await daemonOf(dockerRoot, DAEMON_FILE);
  if (daemon === undefined) return;
  throw new DmError('LOCKED', `dockerd (pid ${daemon.pid}) runs on ${dockerRoot}`, {
    operation: 'take the root',
    subject: root,
    remedy: 'Stop it first (systemctl stop docker.socket docker): two that change one pool destroy it.',
  });
}
