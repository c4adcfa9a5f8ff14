import { openDockerRecords } from '@dmthin/records-docker';
import { ContainerModule } from 'inversify';
import { CLOSING, LASTING_FILES, LOG, RECORDS, ROOT_LOCK } from '../identifiers.ts';
import { refuseOtherKeeper } from '../keeper.ts';
import { rootLock } from './root-lock.ts';

/** The root's lock, and its records as Docker keeps them. */
export function dockerRecords(root: string, isDurable: boolean): ContainerModule {
  return new ContainerModule((options) => {
    const { bind } = options;
    rootLock(root, options);
    bind(RECORDS).toResolvedValue(
      async (lock, log, files, closing) => {
        await refuseOtherKeeper(root, 'Docker');
        const records = await openDockerRecords({ directory: root, lock, log, isDurable, files });
        closing.defer(() => records.close());
        return records;
      },
      [ROOT_LOCK, LOG, LASTING_FILES, CLOSING],
    );
  });
}
