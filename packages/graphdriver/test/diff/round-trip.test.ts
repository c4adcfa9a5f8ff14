import { bytes } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { applyDiff } from '#src/diff/apply-diff';
import { exportDiff, sizeOfChanges } from '#src/diff/export-diff';
import type { RawPath } from '#src/path/raw-path';
import { readTar } from '#src/tar/read-tar';
import { compareTrees } from '#src/tree/compare-trees';
import { DirectoryAttributes } from '../support/directory-attributes.ts';
import { errorOf } from '../support/expect-error.ts';
import { collect, streamOf } from '../support/tars.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import {
  directory,
  file,
  hardLink,
  linkGroups,
  type Node,
  readTree,
  type Tree,
  trees,
  writeTree,
} from '../support/trees.ts';

/** Anew for each test: it knows attributes by inode, and inodes are used again. */
let attributes = new DirectoryAttributes();
const log = { write: (): void => undefined };
const diff = (before: RawPath | undefined, after: RawPath): AsyncIterable<Uint8Array> =>
  exportDiff(after, compareTrees(before, after, attributes), { attributes, now: 1_700_000_000_000 });
const apply = (root: RawPath, tar: AsyncIterable<Uint8Array>): Promise<bigint> =>
  applyDiff(root, tar, { attributes, log, capacity: bytes(2 ** 40) });

describe('diff and apply', () => {
  beforeEach(() => {
    attributes = new DirectoryAttributes();
  });

  it('make one tree out of another, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(trees(), trees(), async (was, is) => {
        await using a = await temporaryDirectory();
        await using b = await temporaryDirectory();
        await writeTree(a.raw, was);
        await writeTree(b.raw, is);
        await apply(a.raw, diff(a.raw, b.raw));
        // A file whose size and time are as they were is not looked into, by Docker's rules.
        expect(await readTree(a.raw)).to.deep.equal(asNaiveRulesSee(was, is));
      }),
      { numRuns: 80 },
    );
  });

  it('make a whole tree out of nothing', async () => {
    await fc.assert(
      fc.asyncProperty(trees(), async (is) => {
        await using a = await temporaryDirectory();
        await using b = await temporaryDirectory();
        await writeTree(b.raw, is);
        await apply(a.raw, diff(undefined, b.raw));
        expect(await readTree(a.raw)).to.deep.equal(is);
      }),
      { numRuns: 80 },
    );
  });

  it('keep hard links among what changed, and count a linked file once', async () => {
    await using a = await temporaryDirectory();
    await using b = await temporaryDirectory();
    await writeTree(b.raw, { one: file('12345'), sub: directory({ other: file('7') }) });
    await hardLink(b.raw, 'one', 'sub/two');
    await hardLink(b.raw, 'one', 'three');
    await apply(a.raw, diff(undefined, b.raw));
    expect(await linkGroups(a.raw)).to.deep.equal([['/one', '/sub/two', '/three']].map((group) => group.sort()));
    expect(await sizeOfChanges(compareTrees(undefined, b.raw, attributes))).to.equal(6n);
  });

  it('replace a name of a linked file without touching its other names', async () => {
    await using a = await temporaryDirectory();
    await using b = await temporaryDirectory();
    await writeTree(a.raw, { one: file('old') });
    await hardLink(a.raw, 'one', 'two');
    await writeTree(b.raw, { one: file('newer'), two: file('old') });
    await apply(a.raw, diff(a.raw, b.raw));
    expect(await readTree(a.raw)).to.deep.equal({ one: file('newer'), two: file('old') });
  });

  it('carry a capability, in the revision that means something elsewhere', async () => {
    await using a = await temporaryDirectory();
    await using b = await temporaryDirectory();
    await writeTree(b.raw, { ping: file('') });
    const revision3 = Buffer.alloc(24, 9);
    revision3[3] = 3;
    await attributes.write(`${b.path}/ping`, 'security.capability', revision3);
    await apply(a.raw, diff(undefined, b.raw));
    const carried = await attributes.read(`${a.path}/ping`, 'security.capability');
    expect(carried).to.have.length(20);
    expect(carried?.[3]).to.equal(2);
  });

  it('resolve to the sum of the sizes, which is what diffSize said', async () => {
    await using a = await temporaryDirectory();
    await using b = await temporaryDirectory();
    await writeTree(a.raw, { keep: file('k'), gone: file('gone') });
    await writeTree(b.raw, { keep: file('k'), big: file('x'.repeat(100_000)), dir: directory({ small: file('abc') }) });
    const size = await sizeOfChanges(compareTrees(a.raw, b.raw, attributes));
    expect(await apply(a.raw, diff(a.raw, b.raw))).to.equal(size);
    expect(size).to.equal(100_003n);
  });

  it('stream a large file in small parts', async () => {
    await using b = await temporaryDirectory();
    await writeTree(b.raw, { big: file('x'.repeat(5_000_000)) });
    for await (const part of diff(undefined, b.raw)) expect(part.length).to.be.below(600_000);
  });

  it('refuse to write a file whose name would read as a whiteout', async () => {
    await using b = await temporaryDirectory();
    await writeTree(b.raw, { d: directory({ '.wh.x': file('') }) });
    const error = await errorOf(collect(diff(undefined, b.raw)), 'NOT_SUPPORTED');
    expect(error.message).to.include('/d/.wh.x');
  });

  it('write whiteouts as Docker names them', async () => {
    await using a = await temporaryDirectory();
    await using b = await temporaryDirectory();
    await writeTree(a.raw, { d: directory({ gone: directory({ deep: file('') }) }), top: file('') });
    await writeTree(b.raw, { d: directory({}) });
    const names: string[] = [];
    for await (const { entry } of readTar(streamOf(await collect(diff(a.raw, b.raw))))) names.push(entry.path);
    expect(names).to.deep.equal(['d/', 'd/.wh.gone', '.wh.top']);
  });

  it('give files their type in the mode, as Docker does, and whiteouts none', async () => {
    await using a = await temporaryDirectory();
    await using b = await temporaryDirectory();
    await writeTree(a.raw, { gone: file('') });
    await writeTree(b.raw, { 'a-file': file('') });
    const tar = await collect(diff(a.raw, b.raw));
    const modeOf = (name: string): string => {
      const header = tar.indexOf(name);
      return tar.subarray(header + 100, header + 107).toString();
    };
    expect(modeOf('.wh.gone')).to.equal('0000000');
    expect(modeOf('a-file')).to.match(/^0100[0-7]{3}$/u);
  });

  it('come to nothing between equal trees but an end', async () => {
    await using a = await temporaryDirectory();
    expect(await collect(diff(a.raw, a.raw))).to.deep.equal(Buffer.alloc(1024));
  });
});

/** `is`, except for what the comparison cannot see against `was`: content of equal size and time, times of directories. */
function asNaiveRulesSee(was: Tree, is: Tree): Tree {
  return Object.fromEntries(Object.entries(is).map(([name, node]) => [name, seen(was[name], node)]));
}

function seen(was: Node | undefined, is: Node): Node {
  if (is.type === 'directory') {
    if (was?.type !== 'directory') return is;
    const inside = asNaiveRulesSee(was.inside, is.inside);
    const isSame = JSON.stringify(sorted(inside)) === JSON.stringify(sorted(was.inside)) && was.mode === is.mode;
    return { ...is, inside, mtime: isSame ? was.mtime : is.mtime };
  }
  if (was?.type === 'file' && is.type === 'file')
    return was.mode === is.mode && was.mtime === is.mtime && was.content.length === is.content.length ? was : is;
  if (was?.type === 'symlink' && is.type === 'symlink')
    return was.mtime === is.mtime && was.target.length === is.target.length ? was : is;
  return is;
}

function sorted(tree: Tree): unknown {
  return Object.keys(tree)
    .sort()
    .map((name) => {
      const node = tree[name] as Node;
      return node.type === 'directory' ? [name, node.mode, sorted(node.inside)] : [name, node];
    });
}
