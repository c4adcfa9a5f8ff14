import { openDockerRecords, takeRootLock } from '@dmthin/records-docker';
import { ContainerModule } from 'inversify';
import { CLOSING, LOG, RECORDS, ROOT_LOCK } from '../identifiers.ts';

/** The root's lock, and its records as Docker keeps them. */
export function dockerRecords(root: string, isDurable: boolean): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(ROOT_LOCK).toResolvedValue(
      async (log, closing) => {
        const lock = await takeRootLock(root, { log });
        closing.defer(() => lock.release());
        return lock;
      },
      [LOG, CLOSING],
    );
    bind(RECORDS).toResolvedValue(
      async (lock, log, closing) => {
        const records = await openDockerRecords({ directory: root, lock, log, isDurable });
        closing.defer(() => records.close());
        return records;
      },
      [ROOT_LOCK, LOG, CLOSING],
    );
  });
}
