import { ContainerModule } from 'inversify';
import { CLOSING, LMDB_RECORDS, LOG, RECORDS, ROOT_LOCK, SNAPSHOT_RECORDS } from '../identifiers.ts';
import { databaseOf, refuseOtherKeeper } from '../keeper.ts';
import { rootLock } from './root-lock.ts';

/** The root's lock, and its records in a database, those of containerd's snapshots among them. */
export function lmdbRecords(root: string, isDurable: boolean): ContainerModule {
  return new ContainerModule((options) => {
    const { bind } = options;
    rootLock(root, options);
    bind(LMDB_RECORDS).toResolvedValue(
      async (_lock, log, closing) => {
        await refuseOtherKeeper(root, 'containerd');
        const { openLmdbRecords } = await import('@dmthin/records-lmdb');
        const opened = await openLmdbRecords({ file: databaseOf(root), log, isDurable });
        closing.defer(() => opened.records.close());
        return opened;
      },
      [ROOT_LOCK, LOG, CLOSING],
    );
    bind(RECORDS).toResolvedValue(({ records }) => records, [LMDB_RECORDS]);
    bind(SNAPSHOT_RECORDS).toResolvedValue(({ snapshots }) => snapshots, [LMDB_RECORDS]);
  });
}
