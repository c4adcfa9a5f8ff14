import type { VolumeId } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { reconcile } from '#src/recovery/reconcile';

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 12 }));
const volumes = fc.uniqueArray(
  fc.record({
    id: fc.oneof(
      fc.integer({ min: 1, max: 12 }).map((id) => `snap-${id}` as VolumeId),
      fc.constantFrom('base-ext4-1', 'base-xfs-2', 'web-1', 'snap-0', 'snap-x').map((id) => id as VolumeId),
    ),
    isInitialized: fc.boolean(),
    isDeleted: fc.boolean(),
  }),
  { selector: ({ id }) => id },
);

describe('what is done about snapshots and volumes that do not agree', () => {
  it('deletes exactly the volumes that no snapshot has, none that may be one, and nobody else’s', () => {
    fc.assert(
      fc.property(ids, ids, volumes, (recorded, broken, there) => {
        const snapshots = recorded.map((id) => ({ id, name: `name ${id}` }));
        const found = reconcile({ snapshots, broken: broken.map((id) => ({ id })), volumes: there });
        const known = new Set([...recorded, ...broken].map((id) => `snap-${id}`));
        for (const { id, isInitialized, isDeleted } of there) {
          const isSnapshot = /^snap-[1-9]/u.test(id);
          const isBase = id.startsWith('base-');
          expect(found.leftover.includes(id), id).to.equal(!isDeleted && isSnapshot && !known.has(id));
          expect(found.unfinished.includes(id), id).to.equal(!isDeleted && isBase && !isInitialized);
          expect(found.strange.includes(id), id).to.equal(!isDeleted && !isSnapshot && !isBase);
        }
        const names = new Set(there.map(({ id }) => String(id)));
        expect(found.lost).to.deep.equal(
          snapshots.filter(({ id }) => !names.has(`snap-${id}`)).map(({ name }) => name),
        );
        for (const id of [...recorded, ...broken]) expect(found.lastId).to.be.at.least(id);
        for (const { id } of there) expect(id).to.not.equal(`snap-${found.lastId + 1}`);
      }),
    );
  });
});
