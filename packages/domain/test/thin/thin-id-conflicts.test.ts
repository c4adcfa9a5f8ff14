import { type ThinId, thinId, thinIdConflicts, type VolumeId, volumeId } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';

const record = (volume: string, id: number): { volume: VolumeId; thinId: ThinId } => ({
  volume: volumeId(volume),
  thinId: thinId(id),
});

describe('thin id conflicts', () => {
  it('names the volumes of each thin id that is claimed twice', () => {
    const records = [record('d', 7), record('c', 1), record('a', 7), record('b', 2), record('e', 1), record('f', 7)];
    expect(thinIdConflicts(records)).to.deep.equal([
      { thinId: 1, volumes: ['c', 'e'] },
      { thinId: 7, volumes: ['a', 'd', 'f'] },
    ]);
  });

  it('finds none where every id is claimed once, and all volumes where one is claimed by all', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(0xff_ff_ff)), (ids) => {
        const records = ids.map((id, index) => record(`v${index}`, id));
        expect(thinIdConflicts(records)).to.deep.equal([]);
        const claimed = thinIdConflicts(records.map(({ volume }) => ({ volume, thinId: thinId(3) })));
        expect(claimed.flatMap(({ volumes }) => volumes)).to.have.lengthOf(ids.length > 1 ? ids.length : 0);
      }),
    );
  });
});
