import { chmod, chown, link, mkdir, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { skipCase } from '@dmthin/conformance';
import { expect } from 'chai';
import type { ServedSnapshotter, StartOptions } from '../support/served-snapshotter.ts';
import { codeOf, refusal, type SnapshotsClient } from '../support/snapshots-client.ts';
import { treeOf } from '../support/trees.ts';

type Change = (directory: string) => Promise<unknown>;

const KIND = { view: 1, active: 2, committed: 3 } as const;
const ROOT = { 'containerd.io/gc.root': 'now' };
const isRoot = process.getuid?.() === 0;

/**
 * What containerd's own suite asks of every snapshotter (core/snapshots/testsuite; peers.md A7, whose numbers stand at the
 * cases), from the other side of a socket.
 */
export function snapshotterSuite(
  title: string,
  start: (options?: StartOptions) => Promise<ServedSnapshotter>,
  options: StartOptions = {},
): void {
  describe(`containerd's suite for snapshotters: ${title}`, function () {
    this.timeout(180_000);
    let served: ServedSnapshotter;
    let client: SnapshotsClient;
    beforeEach(async () => {
      served = await start(options);
      client = served.client;
    });
    afterEach(() => served[Symbol.asyncDispose]());

    /** Makes a layer by `change`, and sees that it has what the same changes make of a directory of its own. */
    const stack = async (
      flat: string,
      changes: readonly Change[],
      looksAt = (_layer: number) => true,
    ): Promise<string> => {
      let parent = '';
      for (const [index, change] of changes.entries()) {
        await change(flat);
        await served.during(await client.prepare(`prepare-${index}`, parent, ROOT), change);
        const name = `layer-${index}`;
        await client.commit(name, `prepare-${index}`, ROOT);
        parent = name;
        if (!looksAt(index)) continue;
        const view = await client.view(`view-${index}`, name, ROOT);
        expect(await served.during(view, treeOf), name).to.deep.equal(await treeOf(flat));
        await client.remove(`view-${index}`);
      }
      return parent;
    };
    const check = (...changes: readonly Change[]): Promise<void> =>
      served.beside('flat', async (flat) => void (await stack(flat, changes)));

    it('1: prepares, commits, prepares on it, and lists what there is', async () => {
      const initial: Change = async (at) => {
        await writeFile(join(at, 'foo'), 'foo\n', { mode: 0o777 });
        await mkdir(join(at, 'a/b/c'), { recursive: true });
      };
      const next: Change = async (at) => {
        await writeFile(join(at, 'bar'), 'bar\n');
        await writeFile(join(at, 'foo'), 'bar\n');
        await rm(join(at, 'a/b'), { recursive: true });
      };
      await served.during(await client.prepare('preparing', '', ROOT), initial);
      await client.commit('committed', 'preparing', ROOT);
      const first = await client.stat('committed');
      expect([first.parent, first.kind]).to.deep.equal(['', KIND.committed]);
      expect(await codeOf(client.stat('preparing'))).to.equal('NOT_FOUND');
      await served.beside('flat', async (flat) => {
        await initial(flat);
        await served.during(await client.prepare('next', 'committed', ROOT), async (at) => {
          expect(await treeOf(at)).to.deep.equal(await treeOf(flat));
          await next(at);
        });
        await next(flat);
        const active = await client.stat('next');
        expect([active.parent, active.kind]).to.deep.equal(['committed', KIND.active]);
        await client.commit('committed-next', 'next', ROOT);
        const second = await client.stat('committed-next');
        expect([second.parent, second.kind]).to.deep.equal(['committed', KIND.committed]);
        expect(await client.list()).to.deep.equal([first, second]);
        const view = await client.view('view', 'committed-next', ROOT);
        expect(await served.during(view, treeOf)).to.deep.equal(await treeOf(flat));
      });
      await client.remove('view');
      const { code, details } = await refusal(client.remove('committed'));
      expect(code).to.equal('FAILED_PRECONDITION');
      expect(details).to.include('remove');
      await client.remove('committed-next');
      await client.remove('committed');
      expect(await client.names()).to.deep.equal([]);
    });

    it('2, 3: tells of an active one and of a committed one, mounted or not', async () => {
      const target = await served.mount(await client.prepare('preparing', '', ROOT), 'preparing');
      await writeFile(join(target, 'foo'), 'foo\n');
      const active = await client.stat('preparing');
      expect([active.name, active.kind, active.parent]).to.deep.equal(['preparing', KIND.active, '']);
      await client.commit('committed', 'preparing', ROOT);
      const committed = await client.stat('committed');
      expect([committed.name, committed.kind, committed.parent]).to.deep.equal(['committed', KIND.committed, '']);
      await served.unmount(target);
    });

    it('4: has a parent for each but the lowest', async () => {
      await check(
        (at) => writeFile(join(at, 'foo'), 'foo\n'),
        (at) => writeFile(join(at, 'foo'), 'foo bar\n'),
        (at) => writeFile(join(at, 'bar'), 'bar\n'),
      );
      const parents = await Promise.all([2, 1, 0].map((layer) => client.stat(`layer-${layer}`)));
      expect(parents.map(({ parent }) => parent)).to.deep.equal(['layer-1', 'layer-0', '']);
    });

    it('5: refuses a key that is taken, and nothing is changed by it', async () => {
      await client.prepare('tmp');
      await client.commit('a', 'tmp');
      for (const [first, second] of [
        ['prepare', 'view'],
        ['prepare', 'prepare'],
        ['view', 'view'],
        ['view', 'prepare'],
      ] as const) {
        const key = `${first} ${second}`;
        await client[first](key, 'a', ROOT);
        const before = await client.stat(key);
        expect(await codeOf(client[second](key, 'a')), key).to.equal('ALREADY_EXISTS');
        expect(await client.stat(key)).to.deep.equal(before);
      }
      expect(await codeOf(client.prepare('a')), 'the name of a committed one').to.equal('ALREADY_EXISTS');
      await client.prepare('b');
      expect(await codeOf(client.commit('a', 'b'))).to.equal('ALREADY_EXISTS');
    });

    it('6: updates labels and the time of it, of every kind, and nothing else', async () => {
      await client.prepare('c1-a', '', ROOT);
      await client.commit('c1', 'c1-a', ROOT);
      await client.prepare('c2-a', 'c1', ROOT);
      await client.commit('c2', 'c2-a', ROOT);
      const begun = process.hrtime.bigint();
      await client.prepare('a1', 'c2', ROOT);
      await client.prepare('a2', '', ROOT);
      await client.view('v1', 'c2', ROOT);
      await client.view('v2', '', ROOT);
      expect(process.hrtime.bigint() > begun).to.equal(true);
      for (const name of ['c1', 'c2', 'a1', 'a2', 'v1', 'v2']) {
        const made = await client.stat(name);
        expect(made.updatedAt, name).to.deep.equal(made.createdAt);
        const labels = { l1: 'v1', l2: 'v2', l3: 'v3', ...ROOT };
        const all = await client.update(name, labels);
        expect({ ...all, labels: {}, updatedAt: undefined }).to.deep.equal({
          ...made,
          labels: {},
          updatedAt: undefined,
        });
        expect(nanoseconds(all.updatedAt) > nanoseconds(made.updatedAt)).to.equal(true);
        expect(all.labels).to.deep.equal(labels);
        const some = await client.update(name, { l1: 'updated', l4: 'v4' }, 'labels.l1', 'labels.l2');
        expect(some.labels).to.deep.equal({ l1: 'updated', l3: 'v3', ...ROOT });
        const replaced = await client.update(name, { l4: 'v4', ...ROOT }, 'labels');
        expect(replaced.labels).to.deep.equal({ l4: 'v4', ...ROOT });
        for (const path of ['parent', 'name', 'kind', 'created_at', 'nothing'])
          expect(await codeOf(client.update(name, {}, path)), path).to.equal('INVALID_ARGUMENT');
        expect(await client.stat(name)).to.deep.equal(replaced);
      }
    });

    it('7: takes a key and a name again once they are removed', async () => {
      await client.prepare('committed-a', '', ROOT);
      await client.commit('committed-1', 'committed-a', ROOT);
      await client.prepare('reuse-1', 'committed-1', ROOT);
      await client.remove('reuse-1');
      await client.view('reuse-1', 'committed-1', ROOT);
      await client.remove('reuse-1');
      await client.prepare('reuse-1', '', ROOT);
      await client.remove('committed-1');
      await client.commit('committed-1', 'reuse-1', ROOT);
      expect(await client.names()).to.deep.equal(['committed-1']);
    });

    it('8: lists by filters', async () => {
      const labelled = (l?: string) => ({ ...(l === undefined ? {} : { l }), 'containerd.io/gc.root': 'check-walk' });
      await client.prepare('a-np', '', labelled());
      await client.prepare('p-tmp', '', labelled());
      await client.commit('p', 'p-tmp', labelled());
      await client.prepare('a', 'p', labelled());
      await client.view('v', 'p', labelled());
      await client.prepare('p-wl-tmp', '', labelled());
      await client.commit('p-wl', 'p-wl-tmp', labelled('1'));
      await client.prepare('a-wl', 'p-wl', labelled('2'));
      await client.view('v-wl', 'p-wl', labelled('3'));
      await client.prepare('a-np-wl', '', labelled('2'));
      const root = 'labels."containerd.io/gc.root"==check-walk';
      const cases: readonly (readonly [filters: readonly string[], names: string])[] = [
        [[], 'a a-np a-np-wl a-wl p p-wl v v-wl'],
        [[root], 'a a-np a-np-wl a-wl p p-wl v v-wl'],
        [[`kind==active,${root}`], 'a a-np a-np-wl a-wl'],
        [[`kind==view,${root}`], 'v v-wl'],
        [[`kind==committed,${root}`], 'p p-wl'],
        [['labels.l', root.replace('check-walk', 'nothing')], 'a-np-wl a-wl p-wl v-wl'],
        [[`labels.l==2,${root}`], 'a-np-wl a-wl'],
        [[`labels.l!=2,${root}`, 'name==a-wl'], 'a a-np a-wl p p-wl v v-wl'],
        [['name==a,labels.l', 'name==p'], 'p'],
        [['parent==p'], 'a v'],
        [[`parent!="",${root}`], 'a a-wl v v-wl'],
        [['name~=^a,parent==""'], 'a-np a-np-wl'],
      ];
      for (const [filters, names] of cases)
        expect((await client.names(...filters)).join(' '), filters.join(' or ')).to.equal(names);
    });

    it('9: sees a file that is written anew in the same size and the same second', async () => {
      const second = 1_700_000_000;
      const write =
        (file: string, text: string, mode: number): Change =>
        async (at) => {
          await writeFile(join(at, file), text);
          await chmod(join(at, file), mode);
          await utimes(join(at, file), second, second);
        };
      await check(
        (at) => Promise.all([1, 2, 3, 4, 5].map((n) => write(`f${n}`, 'old content', 0o700)(at))),
        (at) => Promise.all([1, 2, 3].map((n) => write(`f${n}`, 'new content', 0o700)(at))),
        (at) => write('f4', 'old content', 0o600)(at),
        (at) => truncate(join(at, 'f5'), 3),
      );
    });

    it('10: does not show below a directory that was made anew what was in the old one', () =>
      check(
        async (at) => {
          await mkdir(join(at, 'dir1'));
          await writeFile(join(at, 'dir1/f1'), 'below');
          await mkdir(join(at, 'dir2/f2'), { recursive: true });
        },
        async (at) => {
          await rm(join(at, 'dir1'), { recursive: true });
          await rm(join(at, 'dir2'), { recursive: true });
          await mkdir(join(at, 'dir1'));
          await mkdir(join(at, 'dir2'));
        },
      ));

    it('11: keeps owners through layers', function () {
      if (!isRoot) skipCase(this, 'only root may');
      return check(
        async (at) => {
          await mkdir(join(at, 'opt/a/b'), { recursive: true });
          await writeFile(join(at, 'opt/f'), '');
          await symlink('f', join(at, 'opt/l'));
        },
        async (at) => {
          await chown(join(at, 'opt'), 1, 1);
          await chown(join(at, 'opt/f'), 1000, 2000);
          await chown(join(at, 'opt/a'), 0, 5);
        },
        (at) => chown(join(at, 'opt/a/b'), 65_534, 65_534),
      );
    });

    it('12: keeps modes and owners of directories through many commits', function () {
      if (!isRoot) skipCase(this, 'only root may');
      return check(
        async (at) => {
          for (const [index, mode] of [0o700, 0o777, 0o1777, 0o2755, 0o4750].entries()) {
            await mkdir(join(at, `d${index}`));
            await chmod(join(at, `d${index}`), mode);
            await chown(join(at, `d${index}`), index, index + 1);
          }
        },
        ...[0, 1, 2, 3].map((index) => (at: string) => writeFile(join(at, `d${index}/f`), 'x')),
        (at) => chmod(join(at, 'd0'), 0o711),
      );
    });

    it('13: refuses to remove what others were made from, and removes from the top down', async () => {
      await client.prepare('base', '', ROOT);
      await client.commit('committed-base', 'base', ROOT);
      await client.prepare('inter', 'committed-base', ROOT);
      await client.commit('committed-inter', 'inter', ROOT);
      await client.prepare('top', 'committed-inter', ROOT);
      const { code, details } = await refusal(client.remove('committed-inter'));
      expect([code, details.includes('remove')]).to.deep.equal(['FAILED_PRECONDITION', true]);
      for (const name of ['top', 'committed-inter', 'committed-base']) await client.remove(name);
      expect(await client.names()).to.deep.equal([]);
    });

    it('14: shows a deletion above and not below', async () => {
      await check(
        async (at) => {
          await writeFile(join(at, 'foo'), 'foo\n');
          await writeFile(join(at, 'foobar'), 'foobar\n');
        },
        (at) => rm(join(at, 'foobar')),
        async () => undefined,
      );
      const below = await served.during(await client.view('below', 'layer-0'), treeOf);
      expect(Object.keys(below).sort()).to.deep.equal(['foo', 'foobar']);
    });

    it('15: moves and links files of the layer below', () =>
      check(
        async (at) => {
          for (const dir of ['dir1', 'dir2']) await mkdir(join(at, dir), { mode: 0o700 });
          await writeFile(join(at, 'dir1/f1'), 'Hello');
          await writeFile(join(at, 'dir2/f2'), '...');
        },
        async (at) => {
          await mkdir(join(at, 'dir3'), { mode: 0o700 });
          await rename(join(at, 'dir1/f1'), join(at, 'dir3/f1'));
          await rm(join(at, 'dir1'), { recursive: true });
          await link(join(at, 'dir2/f2'), join(at, 'dir3/f2'));
          await rm(join(at, 'dir2/f2'));
        },
      ));

    it('17: answers Stat while it is listing', async () => {
      for (let index = 0; index < 12; index++) {
        await client.prepare(`tmp-${index}`, '', ROOT);
        await client.commit(`layer-${index}`, `tmp-${index}`, ROOT);
      }
      const listing = client.list();
      const [infos, info] = await Promise.all([listing, client.stat('layer-7')]);
      for (const each of infos) expect(await client.stat(each.name)).to.deep.equal(each);
      expect(infos).to.deep.include(info);
    });

    it('19: has a root that everybody may enter', async () => {
      const mode = await served.during(await client.prepare('a', '', ROOT), async (at) => (await stat(at)).mode);
      expect((mode & 0o777).toString(8)).to.equal('755');
    });

    it('20: renames files over those of the layer below, and directories', () =>
      check(
        async (at) => {
          await mkdir(join(at, 'dir1/somefiles'), { recursive: true });
          for (const file of ['somefiles/f1', 'somefiles/f2', 'other']) await writeFile(join(at, 'dir1', file), file);
        },
        async (at) => {
          await rename(join(at, 'dir1/somefiles'), join(at, 'dir1/newfiles'));
          await rename(join(at, 'dir1/other'), join(at, 'dir1/newfiles/f2'));
          await rename(join(at, 'dir1/newfiles/f1'), join(at, 'f1'));
        },
      ));

    it('21: stacks 128 layers', () =>
      served.beside('flat', async (flat) => {
        const changes: readonly Change[] = Array.from({ length: 128 }, (_, layer) => async (at: string) => {
          await writeFile(join(at, 'overwriteme'), `${layer} WAS HERE!\n`);
          await mkdir(join(at, 'addhere'), { recursive: true });
          await writeFile(join(at, `addhere/file-${layer}`), 'same\n');
          await rm(join(at, 'onlyme'), { recursive: true, force: true });
          await mkdir(join(at, 'onlyme'));
          await writeFile(join(at, `onlyme/file-${layer}`), 'only me!\n');
        });
        const top = await stack(flat, changes, (layer) => layer % 16 === 0);
        const view = await client.view('fullview', top, ROOT);
        expect(await served.during(view, treeOf)).to.deep.equal(await treeOf(flat));
      }));

    it('16: lets nobody write into a view', async () => {
      await client.prepare('preparing', '', ROOT);
      await client.commit('committed', 'preparing', ROOT);
      const [mount] = await client.view('view', 'committed', ROOT);
      expect(mount?.options).to.include('ro');
      if (options.kernel === undefined) return;
      const target = await served.mount(mount === undefined ? [] : [mount], 'view');
      const error = await writeFile(join(target, 'testfile'), 'x').catch(
        (reason: NodeJS.ErrnoException) => reason.code,
      );
      await served.unmount(target);
      expect(error).to.equal('EROFS');
      // Whatever it is mounted with, its device takes no writes.
      const writable =
        mount === undefined ? [] : [{ ...mount, options: mount.options.filter((word) => word !== 'ro') }];
      expect(
        await served.mount(writable, 'view').then(
          () => 'mounted',
          (reason: { errno: string }) => reason.errno,
        ),
      ).to.be.oneOf(['EROFS', 'EACCES']);
    });

    it('18: is closed twice without harm', async () => {
      await client.prepare('tmp', '', ROOT);
      await client.commit('a', 'tmp', ROOT);
      await client.remove('a');
      await served.snapshotter.close();
      await served.snapshotter.close();
      expect(await codeOf(client.prepare('b'))).to.equal('UNAVAILABLE');
    });
  });
}

function nanoseconds(time: { readonly seconds: bigint; readonly nanos: number } | undefined): bigint {
  if (time === undefined) throw new Error('no time');
  return time.seconds * 1_000_000_000n + BigInt(time.nanos);
}
