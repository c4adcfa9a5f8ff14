import 'reflect-metadata';
import type { ThinPool } from '@dmthin/engine';
import { Container } from 'inversify';
import { THIN_POOL } from './identifiers.ts';
import { driverModules } from './modules/driver-modules.ts';
import type { OpenOptions } from './open-options.ts';

/**
 * Opens the volumes of a root: thin devices by name, for those who want block devices and no filesystems on them
 * (microVMs, databases). The pool is found or made as for `openGraphDriver`, and stays up when it is closed.
 *
 * @throws DmError as `openGraphDriver`, but for what concerns the base device.
 */
export async function openThinPool(options: OpenOptions): Promise<ThinPool> {
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(...driverModules(options));
  return container.getAsync(THIN_POOL);
}
