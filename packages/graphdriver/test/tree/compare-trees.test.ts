import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { showPath } from '#src/path/raw-path';
import { compareTrees } from '#src/tree/compare-trees';
import { DirectoryAttributes } from '../support/directory-attributes.ts';
import { errorOf } from '../support/expect-error.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { directory, file, type Tree, writeTree } from '../support/trees.ts';

describe('compareTrees', () => {
  let before: TemporaryDirectory;
  let after: TemporaryDirectory;
  let attributes: DirectoryAttributes;

  beforeEach(async () => {
    attributes = new DirectoryAttributes();
    before = await temporaryDirectory();
    after = await temporaryDirectory();
  });
  afterEach(async () => {
    await before[Symbol.asyncDispose]();
    await after[Symbol.asyncDispose]();
  });

  const changes = async (was: Tree, is: Tree): Promise<string[]> => {
    await writeTree(before.raw, was);
    await writeTree(after.raw, is);
    return list();
  };
  const list = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { kind, path } of compareTrees(before.raw, after.raw, attributes))
      found.push(`${kind} ${showPath(path)}`);
    return found;
  };

  it('finds nothing between equal trees', async () => {
    const tree = { a: directory({ b: file('x') }), c: file('y') };
    expect(await changes(tree, tree)).to.deep.equal([]);
  });

  it('names a changed directory before what is in it, an added one with all, a deleted one alone', async () => {
    const was = {
      etc: directory({ hosts: file('1'), gone: directory({ deep: file('') }) }),
      usr: directory({ bin: file('b') }),
    };
    const is = {
      etc: directory({ hosts: file('22'), new: directory({ file: file('') }) }),
      usr: directory({ bin: file('b') }),
    };
    expect(await changes(was, is)).to.deep.equal([
      'modify /etc',
      'delete /etc/gone',
      'modify /etc/hosts',
      'add /etc/new',
      'add /etc/new/file',
    ]);
  });

  it('names a changed directory once, however much changed in it and below it', async () => {
    const was = { d: directory({ e: directory({ f: file('1') }, 0o755), g: file('1') }) };
    const is = { d: directory({ e: directory({ f: file('1') }, 0o700), g: file('22') }, 0o750) };
    expect(await changes(was, is)).to.deep.equal(['modify /d', 'modify /d/e', 'modify /d/g']);
  });

  it('calls a directory that became a file one modification, and the other way round one with additions', async () => {
    const was = { one: directory({ inner: file('') }), two: file('') };
    const is = { one: file(''), two: directory({ inner: file('') }) };
    expect(await changes(was, is)).to.deep.equal(['modify /one', 'modify /two', 'add /two/inner']);
  });

  it('sees what size, permissions and time say, and takes a time without fraction for any in its second', async () => {
    const is = { mode: file('', 0o600), size: file('1'), time: file('', 0o644, 1_700_000_001), same: file('') };
    const was = { mode: file('', 0o644), size: file(''), time: file(''), same: file('') };
    await writeTree(before.raw, was);
    await writeTree(after.raw, is);
    await utimes(join(after.path, 'same'), 1_700_000_000.5, 1_700_000_000.5);
    expect(await list()).to.deep.equal(['modify /mode', 'modify /size', 'modify /time']);
    await utimes(join(before.path, 'same'), 1_700_000_000.25, 1_700_000_000.25);
    expect(await list()).to.include('modify /same');
  });

  it('does not call a directory changed for its time alone', async () => {
    const was = { d: directory({}, 0o755, 1_600_000_000) };
    expect(await changes(was, { d: directory({}, 0o755, 1_700_000_000) })).to.deep.equal([]);
  });

  it('sees a capability that was set', async () => {
    await writeTree(before.raw, { ping: file('') });
    await writeTree(after.raw, { ping: file('') });
    await attributes.write(join(after.path, 'ping'), 'security.capability', Buffer.from([1, 2, 3]));
    expect(await list()).to.deep.equal(['modify /ping']);
  });

  it('sorts by bytes, so that a name that another begins with comes first', async () => {
    const is = { a: directory({ z: file('') }), 'a-': file(''), ab: file(''), 'a.b': file(''), '\xff': file('') };
    expect(await changes({}, is)).to.deep.equal(['add /a', 'add /a/z', 'add /a-', 'add /a.b', 'add /ab', 'add /\\xff']);
  });

  it('says everything is added where there is nothing to compare with', async () => {
    await writeTree(after.raw, { a: directory({ b: file('') }) });
    const found: string[] = [];
    for await (const { kind, path } of compareTrees(undefined, after.raw, attributes)) found.push(`${kind} ${path}`);
    expect(found).to.deep.equal(['add /a', 'add /a/b']);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    await writeTree(after.raw, { a: file(''), b: file('') });
    const walk = compareTrees(before.raw, after.raw, attributes, abort.signal);
    await walk.next();
    abort.abort();
    await errorOf(walk.next(), 'ABORTED');
  });

  it('rejects where a root is not there', async () => {
    await errorOf(compareTrees(before.raw, `${after.raw}/none` as typeof after.raw, attributes).next(), 'NOT_FOUND');
  });

  it('lets others have their turn while it walks a wide tree', async () => {
    await mkdir(join(after.path, 'wide'));
    for (let index = 0; index < 3000; index += 1) await writeFile(join(after.path, 'wide', String(index)), '');
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    turn();
    const found = await list();
    isDone = true;
    expect(found).to.have.length(3001);
    // The loop went round while thousands of files were looked at, and more often than once for each hundred.
    expect(turns).to.be.above(30);
  });
});
