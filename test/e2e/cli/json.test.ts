import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { CHECKOUT, dmthin, jsonOf } from '../support/dmthin.ts';
import { tarOf } from '../support/tar.ts';
import { type ImportedRoot, importedRoot, WEB } from './imported-root.ts';

const SIZE = 64 * 2 ** 20;

interface Usage {
  readonly id: string;
  readonly mapped: number;
  readonly exclusive: number;
  readonly shared: number;
}

describe('--json', function () {
  this.timeout(60_000);
  let at: ImportedRoot;
  before(async () => {
    at = await importedRoot();
  });
  after(() => at[Symbol.asyncDispose]());
  const json = <T>(...words: readonly string[]): Promise<T> => jsonOf<T>(words, { root: at.root });

  it("of status has Docker's rows, ordered, beside the typed fields", async () => {
    const status = await json<{ rows: [string, string][]; [field: string]: unknown }>('status');
    expect(status.rows.map(([label]) => label)).to.deep.equal([
      'Pool Name',
      'Pool Blocksize',
      'Base Device Size',
      'Backing Filesystem',
      'Udev Sync Supported',
      'Data file',
      'Metadata file',
      'Data loop file',
      'Metadata loop file',
      'Data Space Used',
      'Data Space Total',
      'Data Space Available',
      'Metadata Space Used',
      'Metadata Space Total',
      'Metadata Space Available',
      'Thin Pool Minimum Free Space',
      'Deferred Removal Enabled',
      'Deferred Deletion Enabled',
      'Deferred Deleted Device Count',
    ]);
    expect(status).to.include({ blockSize: 65_536, baseDeviceSize: SIZE, layers: 2, deferredRemoval: true });
    expect(status.rows).to.deep.include(['Pool Name', status['poolName'] as string]);
    expect(status['data']).to.have.all.keys('used', 'total', 'available');
    expect(status['data']).to.include({ total: 256 * 2 ** 20 });
  });

  it('of ls is an array of layers', async () => {
    const [web, copy, ...others] = await json<Record<string, unknown>[]>('ls');
    expect(others).to.deep.equal([]);
    expect(web).to.have.all.keys('id', 'deviceId', 'deviceName', 'size', 'mapped', 'isDeleted');
    expect(web).to.include({ id: 'web', deviceId: 2, size: SIZE, isDeleted: false });
    expect(copy).to.include({ id: 'web-1', parent: 'web', deviceId: 3, size: 2 * SIZE });
    expect(web?.['mapped']).to.be.within(BINARY_SIZE, 4 * BINARY_SIZE);
    expect(web?.['deviceName']).to.match(/^docker-\d+:\d+-\d+-web$/u);
  });

  it('of status, ls and graph says what is shared where --usage is given', async () => {
    const { usage } = await json<{ usage: Usage[] }>('status', '--usage');
    expect(usage.map(({ id }) => id)).to.deep.equal(['web', 'web-1']);
    for (const { mapped, exclusive, shared } of usage) expect(exclusive + shared).to.equal(mapped);
    const [, copy] = usage;
    expect(copy?.shared).to.be.above(BINARY_SIZE / 2);
    expect(copy?.exclusive).to.be.above(0);
    for (const verb of ['ls', 'graph']) {
      const listed = await json<Usage[]>(verb, '--usage');
      const sizes = listed.map(({ id, mapped, exclusive, shared }) => ({ id, mapped, exclusive, shared }));
      expect(sizes, verb).to.deep.equal(usage);
    }
  });

  it('of inspect has graphDriver as docker inspect has it: strings', async () => {
    const layer = await json<Record<string, unknown>>('inspect', 'web-1');
    expect(layer).to.include({ id: 'web-1', parent: 'web' });
    expect(layer['graphDriver']).to.deep.equal({
      DeviceId: '3',
      DeviceSize: String(2 * SIZE),
      DeviceName: layer['deviceName'],
    });
  });

  it('of changes is an array of {path, kind}', async () => {
    expect(await json('changes', 'web-1')).to.deep.equal([
      { path: '/etc', kind: 'modify' },
      { path: '/etc/hosts', kind: 'delete' },
      { path: '/log', kind: 'add' },
      { path: '/usr', kind: 'modify' },
    ]);
    expect(await json('changes', 'web-1', '--parent', 'web-1')).to.deep.equal([]);
  });

  it('of changes against a layer that is no relative compares what they hold', async () => {
    await json('create', 'stranger');
    expect(await json('changes', 'web', '--parent', 'stranger')).to.deep.equal(
      ['/etc', '/etc/hosts', '/hosts', '/usr', '/usr/data'].map((path) => ({ path, kind: 'add' })),
    );
    await json('rm', 'stranger');
  });

  it('of create, mount, umount and rm says what was done', async () => {
    const made = await json<Record<string, unknown>>('create', 'new', '--parent', 'web');
    expect(made).to.include({ id: 'new', parent: 'web', size: SIZE, isDeleted: false });
    expect(made['deviceId']).to.be.a('number');
    const { path, ...mounted } = await json<{ id: string; path: string }>('mount', 'new');
    expect(mounted).to.deep.equal({ id: 'new' });
    expect(await readFile(join(path, 'etc/hosts'), 'utf8')).to.equal('127.0.0.1 localhost\n');
    const listed = await json<{ id: string; mountPath?: string }[]>('ls');
    expect(listed.find(({ id }) => id === 'new')?.mountPath).to.equal(path);
    expect(await json('umount', 'new')).to.deep.equal({ id: 'new', mounted: false });
    expect(await json('rm', 'new')).to.deep.equal({ id: 'new', removed: true });
  });

  it('of import and apply has the sum of the sizes of the files', async () => {
    const surroundings = { root: at.root, input: WEB };
    expect(await jsonOf(['import', 'second', '-', '--parent', 'web'], surroundings)).to.deep.equal({
      id: 'second',
      parent: 'web',
      bytes: BINARY_SIZE + 20,
    });
    expect(
      await jsonOf(['apply', 'second'], { root: at.root, input: tarOf({ path: 'x', content: '12345' }) }),
    ).to.deep.equal({ id: 'second', bytes: 5 });
    await json('rm', 'second');
  });

  it('of graph is the layers of ls, each behind its parent, with its depth', async () => {
    const listed = await json<object[]>('ls');
    expect(await json('graph')).to.deep.equal(listed.map((layer, depth) => ({ ...layer, depth })));
  });

  it('of check is what recovery did and found', async () => {
    expect(await json('check')).to.deep.equal({ intent: 'complete', warnings: [], findings: [] });
  });

  it('of bench is one object with the medians, and leaves no layer', async () => {
    const medians = await json<Record<string, number>>('bench', 'lifecycle', '--count', '3', '--warmup', '1');
    expect(medians).to.have.all.keys('count', 'createMs', 'getMs', 'putMs', 'removeMs', 'totalMs');
    expect(medians['count']).to.equal(3);
    const { createMs = 0, getMs = 0, putMs = 0, removeMs = 0, totalMs } = medians;
    for (const step of [createMs, getMs, putMs, removeMs]) expect(step).to.be.above(0);
    expect(totalMs).to.be.closeTo(createMs + getMs + putMs + removeMs, 1e-6);
    expect(await json<object[]>('ls')).to.have.length(2);
  });

  it('of version and completion is what they print', async () => {
    const manifest = JSON.parse(await readFile(join(CHECKOUT, 'packages/cli/package.json'), 'utf8')) as {
      version: string;
    };
    const versions = await json<Record<string, string>>('version');
    expect(versions).to.include({ dmthin: manifest.version, platform: `${process.platform}-${process.arch}` });
    expect(versions['node']).to.equal(process.version);
    expect(await json('completion', 'bash'))
      .to.be.a('string')
      .and.include('complete -o default -F _dmthin dmthin');
  });

  it('is one line, and nothing else, on stdout', async () => {
    for (const words of [['ls'], ['status'], ['inspect', 'web'], ['check'], ['changes', 'web-1']]) {
      const { stdout, stderr } = await dmthin([...words, '--json'], { root: at.root });
      expect(stdout.toString()).to.match(/^[^\n]+\n$/u);
      expect(stderr).to.equal('');
    }
  });
});

/** Of the one file that counts. */
const BINARY_SIZE = 300_006;
