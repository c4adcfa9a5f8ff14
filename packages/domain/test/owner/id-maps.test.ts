import { containerOwner, DmError, hostOwner, type IdMaps } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';

const maps: IdMaps = {
  users: [
    { containerId: 0, hostId: 231_072, size: 1000 },
    { containerId: 1000, hostId: 1000, size: 1 },
    { containerId: 1001, hostId: 232_072, size: 64_535 },
  ],
  groups: [{ containerId: 0, hostId: 300_000, size: 65_536 }],
};

describe('owners in a user namespace', () => {
  it('are who the ranges say on the host', () => {
    expect(hostOwner(maps, { uid: 0, gid: 0 })).to.deep.equal({ uid: 231_072, gid: 300_000 });
    expect(hostOwner(maps, { uid: 1000, gid: 65_535 })).to.deep.equal({ uid: 1000, gid: 365_535 });
    expect(hostOwner(maps, { uid: 65_535, gid: 5 })).to.deep.equal({ uid: 296_606, gid: 300_005 });
  });

  it('are the same again on the way back', () => {
    const owner = fc.record({ uid: fc.integer({ min: 0, max: 65_535 }), gid: fc.integer({ min: 0, max: 65_535 }) });
    fc.assert(
      fc.property(owner, (one) => {
        expect(containerOwner(maps, hostOwner(maps, one))).to.deep.equal(one);
      }),
    );
  });

  it('are the host’s own where there are no ranges', () => {
    const none = { users: [], groups: [] };
    expect(hostOwner(none, { uid: 7, gid: 8 })).to.deep.equal({ uid: 7, gid: 8 });
    expect(containerOwner(none, { uid: 7, gid: 8 })).to.deep.equal({ uid: 7, gid: 8 });
  });

  it('are refused outside of every range, in Docker’s words', () => {
    expect(() => hostOwner(maps, { uid: 65_536, gid: 0 }))
      .to.throw(DmError, 'Container ID 65536 cannot be mapped to a host ID')
      .with.property('code', 'NOT_SUPPORTED');
    expect(() => containerOwner(maps, { uid: 0, gid: 300_000 })).to.throw(
      DmError,
      'Host ID 0 cannot be mapped to a container ID',
    );
  });
});
