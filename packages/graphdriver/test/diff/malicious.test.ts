import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bytes, bytes } from '@dmthin/domain';
import { expect } from 'chai';
import { applyDiff } from '#src/diff/apply-diff';
import { removeTree } from '#src/file/remove-tree';
import { type RawPath, rawPathOfText } from '#src/path/raw-path';
import type { TarEntry } from '#src/tar/tar-entry';
import { DirectoryAttributes } from '../support/directory-attributes.ts';
import { errorOf } from '../support/expect-error.ts';
import { entry, streamOf, tarOf } from '../support/tars.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';

const raw = (path: string): RawPath => path as RawPath;
const symlinkTo = (path: string, target: string): TarEntry => entry(path, { type: 'symlink', linkPath: raw(target) });
const hardLinkTo = (path: string, target: string): TarEntry => entry(path, { type: 'link', linkPath: raw(target) });
const aDirectory = (path: string): TarEntry => entry(path, { type: 'directory', mode: 0o755 });

describe('apply of tars that mean harm', () => {
  let outside: TemporaryDirectory;
  let root: string;

  beforeEach(async () => {
    outside = await temporaryDirectory();
    root = join(outside.path, 'rootfs');
    await mkdir(root);
    await writeFile(join(outside.path, 'secret'), 'untouched');
  });
  afterEach(async () => {
    expect(await readFile(join(outside.path, 'secret'), 'utf8')).to.equal('untouched');
    expect((await readdir(outside.path)).sort()).to.deep.equal(['rootfs', 'secret']);
    await outside[Symbol.asyncDispose]();
  });

  const apply = (tar: Uint8Array, capacity: Bytes = bytes(2 ** 30)): Promise<bigint> =>
    applyDiff(rawPathOfText(root), streamOf(tar), {
      attributes: new DirectoryAttributes(),
      log: { write: (): void => undefined },
      capacity,
    });

  const refused: readonly (readonly [
    what: string,
    named: string,
    items: readonly (TarEntry | [TarEntry, string])[],
  ])[] = [
    ['a path that climbs out', '../secret', [[entry('../secret'), 'evil']]],
    ['a path that climbs out on a way round', 'a/../../secret', [[entry('a/../../secret'), 'evil']]],
    ['an absolute path', '/tmp/evil', [[entry('/tmp/evil'), 'evil']]],
    ['a symlink that climbs out', 'evil', [symlinkTo('evil', '../secret')]],
    ['a symlink that climbs out from below', 'a/evil', [symlinkTo('a/evil', '../../secret')]],
    ['a hard link that climbs out', 'evil', [hardLinkTo('evil', '../secret')]],
    ['a hard link to an absolute path', 'evil', [hardLinkTo('evil', '/etc/passwd')]],
    ['a hard link to nothing', 'evil', [hardLinkTo('evil', 'nothing')]],
    ['a hard link to itself', 'evil', [[entry('evil'), 'x'], hardLinkTo('evil', 'evil')]],
    ['a file through a link to nothing', 'l/evil', [symlinkTo('l', '/nowhere'), [entry('l/evil'), 'x']]],
    ['a file through links in a circle', 'l/evil', [symlinkTo('l', 'm'), symlinkTo('m', 'l'), [entry('l/evil'), 'x']]],
    [
      'a file below a file',
      'f/evil',
      [
        [entry('f'), 'x'],
        [entry('f/evil'), 'x'],
      ],
    ],
    ['a whiteout of the directory above', 'a/.wh...', [aDirectory('a'), entry('a/.wh...')]],
    ['a whiteout of the directory itself', 'a/.wh..', [aDirectory('a'), entry('a/.wh..')]],
    ['a whiteout of no name', '.wh.', [entry('.wh.')]],
    ['a link in the place of the root', './', [symlinkTo('./', 'x')]],
    ['a name with a NUL in it', 'b', [entry(`${'n'.repeat(120)}\0b`)]],
  ];
  for (const [what, named, items] of refused)
    it(`refuses ${what}`, async () => {
      const error = await errorOf(apply(tarOf(...items)), 'INVALID_ARGUMENT');
      expect(error.message).to.include(named);
      expect(error.remedy ?? '').to.be.a('string');
    });

  it('takes a link for what it means inside the layer, where the host has a link that leads out', async () => {
    await symlink(outside.path, join(root, 'out'));
    await errorOf(apply(tarOf([entry('out/secret'), 'evil'])), 'INVALID_ARGUMENT');
    await mkdir(join(root, outside.path), { recursive: true });
    await apply(tarOf([entry('out/secret'), 'inside']));
    expect(await readFile(join(root, outside.path, 'secret'), 'utf8')).to.equal('inside');
  });

  it('replaces a link that leads out instead of writing through it', async () => {
    await symlink('../secret', join(root, 'f'));
    await apply(tarOf([entry('f'), 'inside']));
    expect(await readFile(join(root, 'f'), 'utf8')).to.equal('inside');
  });

  it('removes a link that leads out, not what it leads to', async () => {
    await symlink('..', join(root, 'up'));
    await apply(tarOf(entry('.wh.up')));
    expect(await readdir(root)).to.deep.equal([]);
  });

  it('empties an opaque directory of what was there, without following links', async () => {
    await mkdir(join(root, 'd'));
    await symlink('../..', join(root, 'd', 'up'));
    await writeFile(join(root, 'd', 'old'), '');
    await apply(tarOf(aDirectory('d'), [entry('d/new'), 'x'], entry('d/.wh..wh..opq')));
    expect(await readdir(join(root, 'd'))).to.deep.equal(['new']);
  });

  it('follows links that stay inside', async () => {
    await apply(
      tarOf(aDirectory('usr/lib'), symlinkTo('lib', 'usr/lib'), symlinkTo('usr/l', '/lib'), [entry('usr/l/x'), 'in']),
    );
    expect(await readFile(join(root, 'usr/lib/x'), 'utf8')).to.equal('in');
  });

  it('does not use a way it knew once a link took its place', async () => {
    await mkdir(join(root, 'd'));
    const tar = tarOf([entry('d/a'), '1'], entry('.wh.d'), symlinkTo('d', '/etc'), [entry('d/b'), '2']);
    await errorOf(apply(tar), 'INVALID_ARGUMENT');
  });

  it('refuses a file that claims more than the layer holds, at once', async () => {
    const error = await errorOf(apply(tarOf(entry('big', { size: 10 * 2 ** 30 })), bytes(2 ** 20)), 'NO_SPACE');
    expect(error.message)
      .to.include('big')
      .and.include(String(10 * 2 ** 30));
    expect(await readdir(root)).to.deep.equal([]);
  });

  it('refuses many files that together are more than the layer holds', async () => {
    const tar = tarOf(
      ...Array.from({ length: 20 }, (_, index): [TarEntry, string] => [entry(`f${index}`), 'x'.repeat(1000)]),
    );
    await errorOf(apply(tar, bytes(10_000)), 'NO_SPACE');
  });

  it('says that a tar was cut off within a file, and leaves a tree that can be removed', async () => {
    const tar = tarOf(aDirectory('d'), [entry('d/file'), 'x'.repeat(5000)]).subarray(0, 3000);
    const error = await errorOf(apply(tar), 'CORRUPT');
    expect(error.message).to.include('d/file');
    await removeTree(rawPathOfText(join(root, 'd')));
    expect(await readdir(root)).to.deep.equal([]);
  });

  it('sets setuid and sticky bits, owners, and times of directories in the end', async () => {
    await apply(
      tarOf(
        entry('d', { type: 'directory', mode: 0o1755, modified: { seconds: 1_500_000_000, nanoseconds: 0 } }),
        [entry('d/suid', { mode: 0o4711 }), 'x'],
        entry('locked', { type: 'directory', mode: 0o500 }),
        [entry('locked/inside'), 'x'],
      ),
    );
    const directory = await stat(join(root, 'd'));
    expect(directory.mode & 0o7777).to.equal(0o1755);
    expect(directory.mtimeMs).to.equal(1_500_000_000_000);
    expect((await stat(join(root, 'd/suid'))).mode & 0o7777).to.equal(0o4711);
    expect((await stat(join(root, 'locked'))).mode & 0o7777).to.equal(0o500);
  });
});
