import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { dmthin, finished, jsonOf, startDmthin, textOf } from '../support/dmthin.ts';
import { recordsOf } from '../support/root.ts';
import { type ImportedRoot, importedRoot, WEB } from './imported-root.ts';

describe('dmthin that is interrupted', function () {
  this.timeout(60_000);
  let at: ImportedRoot;
  beforeEach(async () => {
    at = await importedRoot();
  });
  afterEach(() => at[Symbol.asyncDispose]());

  /** An import that has had half of its tar and waits for the rest. */
  async function halfWay(): Promise<ChildProcess> {
    const child = startDmthin(['import', 'half', '-', '--parent', 'web'], { root: at.root });
    child.stdin?.on('error', () => undefined).write(WEB.subarray(0, WEB.length / 2));
    for (let attempt = 0; attempt < 500; attempt++) {
      const names: readonly string[] = await readdir(join(at.root, 'mnt', 'half', 'rootfs', 'usr')).catch(() => []);
      if (names.includes('data')) return child;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('the import does not begin');
  }
  const layers = async (): Promise<string[]> =>
    (await jsonOf<{ id: string }[]>(['ls'], { root: at.root })).map(({ id }) => id);

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`by ${signal} during an import leaves no half layer, gives the root back, and ends with 130`, async () => {
      const before = await recordsOf(at.root);
      const child = await halfWay();
      const end = finished(child);
      child.kill(signal);
      const { status, stdout, stderr } = await end;
      expect([status, stdout.length], stderr).to.deep.equal([130, 0]);
      expect(stderr)
        .to.match(/^dmthin: .*(?:aborted|interrupted)/u)
        .and.not.match(/\bat .*:\d+/u);
      const names = await readdir(join(at.root, 'dmthin'));
      expect(names.filter((name) => /^lock\.\d+$/u.test(name))).to.deep.equal([]);
      const after = await recordsOf(at.root);
      expect(Object.keys(after)).to.have.members([...Object.keys(before)]);
      expect(after['metadata/web']).to.equal(before['metadata/web']);
      expect(await layers()).to.deep.equal(['web', 'web-1']);
      expect((await dmthin(['check'], { root: at.root })).stderr).to.equal('');
      await textOf(['import', 'half', '-', '--parent', 'web'], { root: at.root, input: WEB });
    });

  it('by SIGKILL during an import: the next command takes the root over and removes the half layer; all others are whole', async () => {
    const child = await halfWay();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { status, stderr } = await dmthin(['ls'], { root: at.root });
    expect([status, stderr.includes('from a process that had died')], stderr).to.deep.equal([0, true]);
    expect(stderr).to.include('layer "half" is removed: it was being filled');
    expect(await textOf(['changes', 'web-1'], { root: at.root })).to.equal('C /etc\nD /etc/hosts\nA /log\nC /usr\n');
    expect((await dmthin(['check'], { root: at.root })).status).to.equal(0);
    expect(await layers()).to.deep.equal(['web', 'web-1']);
    await textOf(['import', 'half', '-', '--parent', 'web'], { root: at.root, input: WEB });
    expect(await layers()).to.deep.equal(['half', 'web', 'web-1']);
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const)
    it(`by ${signal} during a receive keeps what came for who goes on with it, and for nobody else`, async () => {
      const { root } = at;
      const { stdout: stream } = await dmthin(['send', 'web'], { root });
      const child = startDmthin(['receive', 'half'], { root });
      child.stdin?.on('error', () => undefined).write(stream.subarray(0, stream.length / 2));
      const isThere = async (): Promise<boolean> => 'metadata/half' in (await recordsOf(root));
      for (let attempt = 0; attempt < 500 && !(await isThere()); attempt++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      // Its change of the pool is over by then, and it waits for the rest of the stream.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const end = finished(child);
      child.kill(signal);
      const { status, stderr } = await end;
      if (signal === 'SIGINT')
        expect([status, stderr.includes('dmthin send --resume')], stderr).to.deep.equal([130, true]);
      expect(await layers()).to.deep.equal(['web', 'web-1']);
      const pending = await jsonOf<{ id: string; token: string }[]>(['receive', '--pending'], { root });
      expect(pending.map(({ id }) => id)).to.deep.equal(['half']);
      const { stdout: rest } = await dmthin(['send', '--resume', pending[0]?.token ?? ''], { root });
      await textOf(['receive', 'half'], { root, input: rest });
      expect(await textOf(['changes', 'half', '--parent', 'web'], { root })).to.equal('');
      expect((await dmthin(['check'], { root })).stderr).to.equal('');
    });

  it('by SIGKILL while a layer is mounted: what was synced is there, and it can be mounted again', async () => {
    const path = (await textOf(['mount', 'web'], { root: at.root })).trim();
    expect(await readdir(path)).to.include('etc');
    const child = await halfWay();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const again = (await textOf(['mount', 'web'], { root: at.root })).trim();
    expect(again).to.equal(path);
    expect(await readdir(again)).to.have.members(['etc', 'hosts', 'usr']);
    await textOf(['umount', 'web'], { root: at.root });
  });
});
