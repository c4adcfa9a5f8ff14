import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { dmthin, jsonOf, type Ran, SMALL } from '../support/dmthin.ts';
import { type Place, temporaryPlace } from '../support/root.ts';

interface Status {
  readonly dataLoopFile: string;
  readonly baseDeviceSize: number;
  readonly blockSize: number;
  readonly backingFilesystem: string;
}

describe('the settings of dmthin', function () {
  this.timeout(60_000);
  let place: Place;
  beforeEach(async () => {
    place = await temporaryPlace();
  });
  afterEach(() => place[Symbol.asyncDispose]());

  const inPlace = (name: string): string => join(place.path, name);
  const config = async (content: unknown): Promise<string> => {
    const file = inPlace('config.json');
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  const run = (words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> =>
    dmthin(words, { root: inPlace('environment'), environment });

  it('come from the command line before the environment, and from that before the config file', async () => {
    const file = await config({ root: inPlace('file'), kernel: 'fake', 'storage-opts': SMALL, 'log-level': 'error' });
    // An empty variable counts as one that is not set.
    const unset = { DMTHIN_ROOT: '', DMTHIN_KERNEL: '', DMTHIN_STORAGE_OPTS: '' };
    const rootOf = async (words: readonly string[], environment: Readonly<Record<string, string>>): Promise<string> => {
      const { status, stdout, stderr } = await run(['status', '--json', ...words], environment);
      expect(status, stderr).to.equal(0);
      return (JSON.parse(stdout.toString()) as Status).dataLoopFile;
    };
    expect(await rootOf(['--config', file], unset)).to.include(inPlace('file'));
    expect(await rootOf([], { ...unset, DMTHIN_CONFIG: file })).to.include(inPlace('file'));
    expect(await rootOf(['--config', file], { ...unset, DMTHIN_ROOT: inPlace('environment') })).to.include(
      inPlace('environment'),
    );
    expect(await rootOf(['--config', file, '--root', inPlace('line')], {})).to.include(inPlace('line'));
  });

  it('add up storage options, the last one given winning', async () => {
    const file = await config({ 'storage-opts': ['dm.basesize=32M', 'dm.fs=ext4', 'dm.blocksize=128K'] });
    const status = await jsonOf<Status>(
      ['status', '--config', file, '--storage-opt', 'dm.basesize=48M', '--storage-opt', 'dm.fs=ext4'],
      { root: inPlace('root') },
    );
    expect([status.baseDeviceSize, status.blockSize, status.backingFilesystem]).to.deep.equal([
      48 * 2 ** 20,
      128 * 2 ** 10,
      'ext4',
    ]);
  });

  it('tell a layer its size and the driver its options, in one command', async () => {
    const words = ['create', 'web', '--storage-opt', 'size=96M', '--storage-opt', 'dm.fs=ext4'];
    expect(await jsonOf(words, { root: inPlace('root') })).to.include({ id: 'web', size: 96 * 2 ** 20 });
  });

  it('answer in JSON where the environment or the config file says so', async () => {
    const file = await config({ json: true });
    for (const [words, environment] of [
      [['--config', file], {}],
      [[], { DMTHIN_JSON: '1' }],
    ] as const) {
      const listed = await run(['ls', ...words], environment);
      expect(JSON.parse(listed.stdout.toString()), listed.stderr).to.deep.equal([]);
      const refused = await run(['rm', 'gone', ...words], environment);
      expect([refused.status, (JSON.parse(refused.stderr) as { error: { code: string } }).error.code]).to.deep.equal([
        3,
        'NOT_FOUND',
      ]);
    }
    expect((await run(['ls'], { DMTHIN_JSON: '0' })).stdout.toString()).to.equal('');
  });

  it('choose which messages are shown', async () => {
    const { stderr } = await run(['ls'], { DMTHIN_LOG_LEVEL: 'info' });
    expect(stderr).to.match(/^dmthin: info: /mu);
    expect((await run(['ls'])).stderr).to.equal('');
    const { stderr: json } = await run(['ls', '--json', '--log-level', 'info']);
    for (const line of json.trim().split('\n')) expect(JSON.parse(line)).to.include.keys('time', 'level', 'message');
  });

  for (const [what, content, message, remedy] of [
    ['is no JSON', '{"root":', 'is no JSON object', 'Write an object'],
    ['has a key that there is not', { rot: '/' }, 'rot', 'root, kernel, storage-opts, json, log-level'],
    ['names a kernel that there is not', { kernel: 'bsd' }, 'kernel', 'It may have the keys'],
    ['is a list', [], 'it is a list', 'Write an object'],
  ] as const)
    it(`are refused where the config file ${what}`, async () => {
      const { status, stderr } = await run(['ls', '--config', await config(content)]);
      expect(status).to.equal(2);
      expect(stderr.split('\n')[0]).to.include(message);
      expect(stderr.split('\n')[1]).to.include(remedy);
    });

  it('are refused where a config file that was named is not there, or is a directory', async () => {
    await mkdir(inPlace('directory'));
    for (const [name, expected] of [
      ['gone.json', 3],
      ['directory', 7],
    ] as const) {
      const { status, stderr } = await run(['ls'], { DMTHIN_CONFIG: inPlace(name) });
      expect(status, stderr).to.equal(expected);
      expect(stderr).to.include(inPlace(name)).and.include('--config');
    }
  });

  it('are refused where a variable has a value that is not allowed', async () => {
    for (const [variable, option] of [
      ['DMTHIN_KERNEL', 'kernel'],
      ['DMTHIN_LOG_LEVEL', 'log-level'],
    ] as const) {
      const { status, stderr } = await run(['ls'], { [variable]: 'other' });
      expect(status).to.equal(2);
      expect(stderr).to.include(`"other" is no ${option}`).and.include(variable);
    }
  });
});
