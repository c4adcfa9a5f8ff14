import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { skipCase } from '@dmthin/conformance';
import { expect } from 'chai';
import { temporaryPlace } from '../support/place.ts';

const UNITS = fileURLToPath(new URL('../../systemd', import.meta.url));

describe('the systemd units', () => {
  it('are understood by systemd, every line of them', async function () {
    if (spawnSync('systemd-analyze', ['--version']).status !== 0)
      return skipCase(this, 'systemd-analyze is not installed');
    await using place = await temporaryPlace();
    cpSync(UNITS, place.path, { recursive: true });
    const units = ['dmthin-docker.socket', 'dmthin-docker.service'].map((name) => join(place.path, name));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...units], { encoding: 'utf8' });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
  });

  it('name one path, where dockerd looks, and what would hide mounts from it is not there', async () => {
    const service = await readFile(join(UNITS, 'dmthin-docker.service'), 'utf8');
    const socket = await readFile(join(UNITS, 'dmthin-docker.socket'), 'utf8');
    const path = /^ListenStream=(.*)$/mu.exec(socket)?.[1];
    expect(path).to.equal('/run/docker/plugins/dmthin.sock');
    expect(service).to.include(`serve --docker-plugin ${path} `);
    const settings = service.split('\n').filter((line) => /^[A-Z]\w+=/u.test(line));
    // systemd.exec(5), "Sandboxing": what of it makes a mount namespace.
    const hiding =
      /^(Protect\w+|Private\w+|ReadWritePaths|ReadOnlyPaths|InaccessiblePaths|ExecPaths|TemporaryFileSystem|Bind\w*Paths|RootDirectory|RootImage|MountFlags|DynamicUser|MountAPIVFS)=/u;
    expect(settings.filter((line) => hiding.test(line))).to.deep.equal([]);
  });
});
