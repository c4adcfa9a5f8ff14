import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSettings, splitStorageOptions } from '@dmthin/cli';
import { DmError } from '@dmthin/domain';
import { expect } from 'chai';

describe('resolveSettings', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dmthin-settings-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const configured = async (text: string): Promise<string> => {
    const file = join(directory, 'config.json');
    await writeFile(file, text);
    return file;
  };
  const refused = async (promise: Promise<unknown>): Promise<DmError> => {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(DmError);
    return error as DmError;
  };

  it('takes the command line before the environment, and that before the config file', async () => {
    const config = await configured('{"root": "/c", "kernel": "dmsetup", "log-level": "error", "json": true}');
    const environment = { DMTHIN_CONFIG: config, DMTHIN_ROOT: '/e', DMTHIN_KERNEL: 'fake' };
    const settings = await resolveSettings({ root: '/g' }, environment);
    expect(settings).to.deep.equal({ root: '/g', kernel: 'fake', storageOptions: [], json: true, logLevel: 'error' });
  });

  it('takes a variable that is empty for one that is not set', async () => {
    const { kernel, logLevel } = await resolveSettings(
      {},
      { DMTHIN_KERNEL: '', DMTHIN_LOG_LEVEL: '', DMTHIN_CONFIG: '' },
    );
    expect([kernel, logLevel]).to.deep.equal(['ioctl', 'warn']);
  });

  it('adds up storage options, so that the last one given wins', async () => {
    const config = await configured('{"storage-opts": ["dm.fs=ext4"]}');
    const environment = { DMTHIN_STORAGE_OPTS: 'dm.fs=xfs dm.basesize=1G' };
    const { storageOptions } = await resolveSettings({ config, storageOpt: ['dm.basesize=2G'] }, environment);
    expect(storageOptions).to.deep.equal(['dm.fs=ext4', 'dm.fs=xfs', 'dm.basesize=1G', 'dm.basesize=2G']);
  });

  it('says which key of the config file is wrong', async () => {
    const error = await refused(resolveSettings({ config: await configured('{"kernel": "btrfs"}') }, {}));
    expect(error.code).to.equal('INVALID_ARGUMENT');
    expect(error.message).to.include('kernel').and.to.include('config.json');
  });

  it('refuses a config file that is not JSON, has unknown keys, or is named and not there', async () => {
    expect((await refused(resolveSettings({ config: await configured('root=/x') }, {}))).message).to.include(
      'no JSON object',
    );
    expect((await refused(resolveSettings({ config: await configured('{"roots": 1}') }, {}))).message).to.include(
      'there is no key roots',
    );
    expect((await refused(resolveSettings({ config: await configured('{"root": ""}') }, {}))).message).to.include(
      'root: it is empty',
    );
    expect((await refused(resolveSettings({ config: join(directory, 'no') }, {}))).code).to.equal('NOT_FOUND');
  });

  it('refuses an environment variable with a value that is not allowed', async () => {
    const error = await refused(resolveSettings({}, { DMTHIN_KERNEL: 'zfs' }));
    expect(error.remedy).to.include('DMTHIN_KERNEL').and.to.include('ioctl, dmsetup, fake');
  });
});

describe('splitStorageOptions', () => {
  it("tells the driver's options from the layer's", () => {
    expect(splitStorageOptions(['dm.fs=ext4', 'size=20G', 'DM.basesize=1G', 'nonsense'])).to.deep.equal({
      driver: ['dm.fs=ext4', 'DM.basesize=1G', 'nonsense'],
      layer: { size: '20G' },
    });
  });
});
