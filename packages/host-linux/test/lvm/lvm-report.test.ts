import { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import { profileText } from '#internal/lvm/linux-volume-groups';
import { physicalVolumeIn, volumeNamesIn } from '#internal/lvm/lvm-report';

// As lvm2 2.03.16 prints them.
const PV = `  {
      "report": [
          {
              "pv": [
                  {"vg_name":"docker", "pv_size":"532676608"}
              ]
          }
      ]
  }
`;
const ORPHAN = PV.replace('"docker", "pv_size":"532676608"', '"", "pv_size":"536870912"');
const LVS = `  {
      "report": [
          {
              "lv": [
                  {"lv_name":"thinpool"},
                  {"lv_name":"thinpoolmeta"}
              ]
          }
      ]
  }
`;
const EMPTY =
  '  {\n      "report": [\n          {\n              "lv": [\n              ]\n          }\n      ]\n  }\n';

describe("LVM's reports", () => {
  it('tell the group and size of a physical volume', () => {
    expect(physicalVolumeIn(PV)).to.deep.equal({ group: 'docker', size: 532_676_608n });
    expect(physicalVolumeIn(ORPHAN)).to.deep.equal({ group: undefined, size: 536_870_912n });
  });

  it('tell the volumes of a group', () => {
    expect(volumeNamesIn(LVS)).to.deep.equal(['thinpool', 'thinpoolmeta']);
    expect(volumeNamesIn(EMPTY)).to.deep.equal([]);
  });

  it('are nothing else', () => {
    for (const text of ['', 'null', '{}', '{"report":[]}', LVS])
      expect(() => physicalVolumeIn(text), text).to.throw(DmError, 'LVM said something else');
  });

  it('are not needed for a profile', () => {
    expect(profileText(80, 20)).to.equal(
      'activation {\n  thin_pool_autoextend_threshold=80\n  thin_pool_autoextend_percent=20\n}\n',
    );
  });
});
