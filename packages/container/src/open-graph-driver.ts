import 'reflect-metadata';
import type { GraphDriver } from '@dmthin/graphdriver';
import { Container } from 'inversify';
import { GRAPH_DRIVER } from './identifiers.ts';
import { driverModules } from './modules/driver-modules.ts';
import type { OpenOptions } from './open-options.ts';

/**
 * Opens Docker's devicemapper driver on a root: makes its pool and base device the first time, and finds its layers
 * again every other time. Close it with `close()` or `await using`; `release()` leaves mounts and pool up.
 *
 * @throws DmError LOCKED: another process has the root, or a dockerd. UNAVAILABLE: no such kernel here. NOT_PERMITTED: rights are
 * missing. INVALID_ARGUMENT: a storage option. CONFLICT: the pool or base device is another's. NO_SPACE, IO.
 */
export async function openGraphDriver(options: OpenOptions): Promise<GraphDriver> {
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(...driverModules(options));
  return container.getAsync(GRAPH_DRIVER);
}
