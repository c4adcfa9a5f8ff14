import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { dmthin, jsonOf, textOf } from '../support/dmthin.ts';
import { type ImportedRoot, importedRoot } from './imported-root.ts';

describe('a root between two commands', function () {
  this.timeout(60_000);
  let at: ImportedRoot;
  before(async () => {
    at = await importedRoot();
  });
  after(() => at[Symbol.asyncDispose]());
  const text = (...words: readonly string[]): Promise<string> => textOf(words, { root: at.root });
  const json = <T>(...words: readonly string[]): Promise<T> => jsonOf<T>(words, { root: at.root });

  it('keeps layers mounted, with what is written there meanwhile', async () => {
    const path = (await text('mount', 'web-1')).trim();
    await writeFile(join(path, 'note'), 'written by hand');
    expect((await json<{ mountPath?: string }>('inspect', 'web-1')).mountPath).to.equal(path);
    expect(await text('ls')).to.match(/^web-1 .*mounted$/mu);
    expect(await text('changes', 'web-1')).to.include('A /note\n');
    await text('umount', 'web-1');
    expect((await json<{ mountPath?: string }>('inspect', 'web-1')).mountPath).to.equal(undefined);
    await text('mount', 'web-1');
    expect(await readFile(join(path, 'note'), 'utf8')).to.equal('written by hand');
    await text('umount', 'web-1');
  });

  it('keeps thin ids, sizes, parents and the pool numbers', async () => {
    const before = [await json('ls'), await json('status')];
    for (const words of [['check'], ['graph'], ['version'], ['help']]) await text(...words);
    expect([await json('ls'), await json('status')]).to.deep.equal(before);
  });

  it('shares what a copy has not changed, and gives back what a layer had', async () => {
    const used = async (): Promise<number> => (await json<{ data: { used: number } }>('status')).data.used;
    const before = await used();
    await text('create', 'copy', '--parent', 'web');
    expect(await used()).to.equal(before);
    const path = (await text('mount', 'copy')).trim();
    await writeFile(join(path, 'big'), Buffer.alloc(4 * 2 ** 20, 1));
    await text('umount', 'copy');
    expect((await used()) - before).to.be.within(4 * 2 ** 20, 6 * 2 ** 20);
    await text('rm', 'copy');
    expect(await used()).to.equal(before);
  });

  it('refuses to remove what is mounted where deletion is not deferred, with 5', async () => {
    await text('mount', 'web');
    const { status, stderr } = await dmthin(['rm', 'web', '--storage-opt', 'dm.use_deferred_deletion=false'], {
      root: at.root,
    });
    expect([status, stderr.includes('dmthin umount web')], stderr).to.deep.equal([5, true]);
    await text('umount', 'web');
    expect(await text('ls', '--quiet')).to.include('web\n');
  });

  it('remembers that a mounted layer is to go, and lets it go once it is unmounted', async () => {
    await text('create', 'going', '--parent', 'web');
    await text('mount', 'going');
    expect(await text('rm', 'going')).to.equal('going\n');
    expect(await text('ls')).to.match(/^going .* deleted$/mu);
    const refused = await dmthin(['create', 'going'], { root: at.root });
    expect([refused.status, refused.stderr.includes('is being deleted')]).to.deep.equal([4, true]);
    await text('umount', 'going');
    // Whoever opens the root deletes it, beside what was asked for.
    for (let attempt = 0; (await text('ls', '--quiet')).includes('going'); attempt++) expect(attempt).to.be.below(10);
    await text('create', 'going');
    await text('rm', 'going');
  });

  it('is full at some point, with 6, and whole afterwards', async () => {
    const before = await json('ls');
    const options = ['--storage-opt', 'dm.min_free_space=99%'];
    const { status, stderr } = await dmthin(['create', 'one-too-many', ...options], { root: at.root });
    expect([status, stderr.includes('dm.min_free_space')], stderr).to.deep.equal([6, true]);
    expect(await json('ls')).to.deep.equal(before);
  });
});
