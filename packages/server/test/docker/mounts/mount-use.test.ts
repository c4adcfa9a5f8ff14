import { expect } from 'chai';
import { afterEvent, type MountEvent, type MountUse, takenOver } from '#src/docker/mounts/mount-use';

const after = (...events: readonly MountEvent[]): MountUse =>
  events.reduce<MountUse>(afterEvent, { users: 0, getting: 0, putting: 0 });

describe('the use of a mount, by what dockerd was told', () => {
  const GET: readonly MountEvent[] = ['get', 'got'];
  const PUT: readonly MountEvent[] = ['put', 'away'];

  it('is of those that were answered, in whatever order', () => {
    expect(after(...GET, ...GET, ...PUT)).to.deep.equal({ users: 1, getting: 0, putting: 0 });
    expect(after('get', 'get', 'got', 'put', 'got', 'away')).to.deep.equal({ users: 1, getting: 0, putting: 0 });
    expect(after('get', 'not-got', ...GET, 'put', 'kept')).to.deep.equal({ users: 1, getting: 0, putting: 0 });
  });

  it('has one user where the process ended between mount and answer, who will ask again', () => {
    expect(takenOver(after('get'), true)).to.deep.equal({ users: 1, unansweredGets: 1, unansweredPuts: 0 });
    expect(takenOver(after(...GET, 'get'), true)).to.deep.equal({ users: 2, unansweredGets: 1, unansweredPuts: 0 });
  });

  it('has none where it ended before the mount', () => {
    expect(takenOver(after('get'), false)).to.deep.equal({ users: 0, unansweredGets: 0, unansweredPuts: 0 });
  });

  it('has its user still where it ended before the unmount, and nothing to do where it ended after it', () => {
    expect(takenOver(after(...GET, 'put'), true)).to.deep.equal({ users: 1, unansweredGets: 0, unansweredPuts: 0 });
    expect(takenOver(after(...GET, 'put'), false)).to.deep.equal({ users: 0, unansweredGets: 0, unansweredPuts: 1 });
  });
});
