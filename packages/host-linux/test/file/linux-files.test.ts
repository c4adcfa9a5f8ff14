import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf } from '@dmthin/conformance';
import { createLinuxHost, type LinuxHost } from '@dmthin/host-linux';
import { expect } from 'chai';

(process.platform === 'linux' ? describe : describe.skip)('files of this machine', () => {
  let host: LinuxHost;
  let place: string;
  before(() => {
    host = createLinuxHost();
    place = mkdtempSync(join(tmpdir(), 'dmthin-files-'));
  });
  after(async () => {
    await host.close();
    rmSync(place, { recursive: true });
  });

  it('are replaced whole, and leave no draft', async () => {
    const [path, draft] = [join(place, 'record'), join(place, '.draft')];
    await host.files.replace(path, draft, Buffer.from('old'));
    await host.files.replace(path, draft, Buffer.from('new'));
    expect(readFileSync(path, 'utf8')).to.equal('new');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    mkdirSync(join(place, 'taken'));
    expect((await failureOf(host.files.replace(join(place, 'taken'), draft, Buffer.from('x')))).operation).to.equal(
      'save',
    );
    expect(readdirSync(place)).not.to.include('.draft');
  });

  it('are removed for good, also where they are gone', async () => {
    const path = join(place, 'gone');
    writeFileSync(path, '');
    await host.files.remove(path);
    await host.files.remove(path);
    expect(readdirSync(place)).not.to.include('gone');
  });

  it('are made where they are missing, and keep what they are otherwise', async () => {
    const path = join(place, 'a', 'b');
    await host.files.ensureDirectory(path, { mode: 0o777 });
    await host.files.ensureDirectory(path, { mode: 0o700 });
    expect(statSync(path).mode & 0o777).to.equal(0o777);
    await host.files.ensureText(join(path, 'id'), 'one', 0o600);
    await host.files.ensureText(join(path, 'id'), 'two', 0o644);
    expect(readFileSync(join(path, 'id'), 'utf8')).to.equal('two');
    expect(statSync(join(path, 'id')).mode & 0o777).to.equal(0o600);
    expect((await failureOf(host.files.removeDirectory(path))).code).to.equal('BUSY');
  });

  it('of another kind are not taken for a directory, a link to one neither', async () => {
    const link = join(place, 'link');
    symlinkSync(place, link);
    expect((await failureOf(host.files.ensureDirectory(link, { mode: 0o755 }))).errno).to.equal('ENOTDIR');
  });
});
