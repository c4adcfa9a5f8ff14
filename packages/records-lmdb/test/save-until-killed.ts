// Saves snapshots into the database of its first argument, and says which were, until somebody kills it.
import { openLmdbRecords } from '@dmthin/records-lmdb';

const { snapshots } = await openLmdbRecords({ file: process.argv[2] ?? '' });
for (let id = 1; ; id++) {
  const name = `${id}`.repeat(1000);
  const [createdAt, updatedAt] = [1n, 1n];
  await snapshots.save({
    id,
    kind: 'active',
    name,
    parent: undefined,
    labels: {},
    createdAt,
    updatedAt,
    filesystem: 'ext4',
    mapped: undefined,
  });
  process.send?.(id);
}
