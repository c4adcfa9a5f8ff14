import { join } from 'node:path';
import { expect } from 'chai';
import { callPlugin } from '../support/plugin-call.ts';
import { type Place, temporaryPlace } from '../support/root.ts';
import { Systemd } from './systemd.ts';

const SOCKET = '/run/docker/plugins/dmthin.sock';
const SERVICE = 'dmthin-docker.service';

describe('the units, on a real systemd', function () {
  this.timeout(120_000);
  let place: Place;
  let systemd: Systemd;
  before(async () => {
    place = await temporaryPlace();
    systemd = await Systemd.start(place.path, { DM_DISABLE_UDEV: '1', TMPDIR: '/mnt' });
  });
  after(async () => {
    await systemd[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  it('start the plugin with the first call, reload it, and have calls wait for the next one where it is killed', async () => {
    await systemd.control('start', 'dmthin-docker.socket');
    expect(await callPlugin(SOCKET, 'Plugin.Activate')).to.deep.equal({ Implements: ['GraphDriver'] });
    const { MainPID: first, ...state } = await systemd.properties(SERVICE, 'MainPID', 'ActiveState', 'StatusText');
    expect(state).to.deep.equal({ ActiveState: 'active', StatusText: 'waiting for dockerd to start' });

    const root = join(place.path, 'docker/dmthin');
    const options = ['dm.basesize=64M', 'dm.fs=ext4', 'dm.loopdatasize=256M', 'dm.loopmetadatasize=8M'];
    const initialization = { Home: root, Opts: [...options, 'dm.override_udev_sync_check=true'] };
    expect(await callPlugin(SOCKET, 'GraphDriver.Init', initialization)).to.deep.equal({});
    expect(await callPlugin(SOCKET, 'GraphDriver.Create', { ID: 'a' })).to.deep.equal({});
    const { Dir } = await callPlugin(SOCKET, 'GraphDriver.Get', { ID: 'a' });
    const mountPoint = join(String(Dir), '..');
    expect(await systemd.mountPoints()).to.include(mountPoint);

    await systemd.control('reload', SERVICE);
    await systemd.control('kill', '--signal=KILL', SERVICE);
    expect(await callPlugin(SOCKET, 'GraphDriver.Put', { ID: 'a' })).to.deep.equal({});
    const { MainPID: second, StatusText: status } = await systemd.properties(SERVICE, 'MainPID', 'StatusText');
    expect(second).not.to.equal(first);
    expect(status).to.equal(`serving ${root}`);
    expect(await systemd.mountPoints()).not.to.include(mountPoint);

    expect(await callPlugin(SOCKET, 'GraphDriver.Cleanup')).to.deep.equal({});
    await systemd.control('stop', 'dmthin-docker.socket', SERVICE);
    expect(await systemd.properties(SERVICE, 'Result')).to.deep.equal({ Result: 'success' });
  });
});
