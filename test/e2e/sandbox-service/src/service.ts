import { driverModules, GRAPH_DRIVER, type KernelName } from 'dmthin';
import { Container, type ServiceIdentifier } from 'inversify';
import { Sandboxes } from './sandboxes.ts';

export const SANDBOXES: ServiceIdentifier<Sandboxes> = Symbol.for('sandbox-service/Sandboxes');

/** The service's own container; the kernel's name is all that its tests change. */
export function createService(root: string, kernel: KernelName): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  container.load(...driverModules({ root, kernel, storageOptions: ['dm.basesize=64M', 'dm.loopdatasize=256M'] }));
  container.bind(SANDBOXES).toResolvedValue((driver) => new Sandboxes(driver), [GRAPH_DRIVER]);
  return container;
}
