import 'reflect-metadata';
import type { Snapshotter } from '@dmthin/snapshotter';
import { Container } from 'inversify';
import { SNAPSHOTTER } from './identifiers.ts';
import { snapshotterModules } from './modules/driver-modules.ts';
import type { SnapshotterOptions } from './open-options.ts';

/**
 * Opens containerd's snapshotter on a root of its own: finds or makes the pool as `openGraphDriver` does, but one that zeroes
 * new blocks, since virtual machines are given its devices. Close it with `close()` or `await using`; devices, mounts and
 * pool stay.
 *
 * @throws DmError LOCKED: another process has the root. UNAVAILABLE: no such kernel here. NOT_PERMITTED: rights are
 * missing. INVALID_ARGUMENT: a storage option. CONFLICT: the pool is another's, or the root is Docker's. NOT_SUPPORTED: this
 * host cannot make the filesystem. NO_SPACE, IO.
 */
export async function openSnapshotter(options: SnapshotterOptions): Promise<Snapshotter> {
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(...snapshotterModules(options));
  return container.getAsync(SNAPSHOTTER);
}
