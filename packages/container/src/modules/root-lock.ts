import { takeRootLock } from '@dmthin/records-docker';
import type { ContainerModuleLoadOptions } from 'inversify';
import { CLOSING, LOG, ROOT_LOCK } from '../identifiers.ts';

/** This process's hold on the root, whoever keeps its records. */
export function rootLock(root: string, { bind }: ContainerModuleLoadOptions): void {
  bind(ROOT_LOCK).toResolvedValue(
    async (log, closing) => {
      const lock = await takeRootLock(root, { log });
      closing.defer(() => lock.release());
      return lock;
    },
    [LOG, CLOSING],
  );
}
