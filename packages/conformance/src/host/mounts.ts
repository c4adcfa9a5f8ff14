import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codeOf } from '../failure-of.ts';
import { type AddCase, directory, formattedDisk, newDisk } from './host-case.ts';

/** Cases of the `Mounts` port: what can be mounted where. What files keep is in `mounted-files.ts`. */
export function mountCases(add: AddCase): void {
  for (const type of ['ext4', 'xfs'] as const) {
    add(`shows an ${type} in place of what is in the directory`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      writeFileSync(join(disk.target, 'under'), 'under the mount');
      await disk.mount();
      expect(existsSync(join(disk.target, 'under'))).to.equal(false);
      writeFileSync(join(disk.target, 'over'), 'in the mount');
      await disk.unmount();
      expect(readdirSync(disk.target)).to.deep.equal(['under']);
      expect(readFileSync(join(disk.target, 'under'), 'utf8')).to.equal('under the mount');
      await disk.mount();
      expect(readFileSync(join(disk.target, 'over'), 'utf8')).to.equal('in the mount');
    });

    add(`tells where an ${type} is mounted`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      expect(await host.mounts.find(disk.target)).to.equal(undefined);
      await disk.mount();
      const loop = await host.loopDevices.find(join(host.scratch, 'disk'));
      const point = { target: disk.target, source: loop?.path, type, number: loop?.number };
      expect(await host.mounts.find(disk.target)).to.deep.equal(point);
      expect(await host.mounts.list()).to.deep.include(point);
      expect(await host.mounts.find(host.scratch)).to.equal(undefined);
      await disk.unmount();
      expect(await host.mounts.find(disk.target)).to.equal(undefined);
      expect((await host.mounts.list()).map(({ target }) => target)).to.not.include(disk.target);
    });

    add(`refuses options that ${type} does not know`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      expect(await codeOf(disk.mount(['no_such_option']))).to.equal('INVALID_ARGUMENT');
      expect(await host.mounts.find(disk.target)).to.equal(undefined);
      await disk.mount(['noatime', 'nosuid', 'discard']);
    });

    add(`mounts an ${type} read-only`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      await disk.mount();
      writeFileSync(join(disk.target, 'file'), 'content');
      await disk.unmount();
      await disk.mount(['ro']);
      expect(readFileSync(join(disk.target, 'file'), 'utf8')).to.equal('content');
      await disk.unmount();
    });

    add(`does not mount an ${type} twice on one directory`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      await disk.mount();
      expect(await codeOf(disk.mount())).to.equal('BUSY');
      await disk.unmount();
      expect(await host.mounts.find(disk.target)).to.equal(undefined);
    });
  }

  add('refuses what is not there, not a directory or not a device', ['ext4'], async (host) => {
    const disk = await formattedDisk(host, 'ext4');
    const { path: source } = await host.loopDevices.attach(join(host.scratch, 'disk'));
    const file = join(host.scratch, 'file');
    writeFileSync(file, '');
    const request = { source, target: disk.target, type: 'ext4' };
    expect(await codeOf(host.mounts.mount({ ...request, target: join(host.scratch, 'no') }))).to.equal('NOT_FOUND');
    expect(await codeOf(host.mounts.mount({ ...request, target: file }))).to.equal('INVALID_ARGUMENT');
    expect(await codeOf(host.mounts.mount({ ...request, source: join(host.scratch, 'no') }))).to.equal('NOT_FOUND');
    expect(await codeOf(host.mounts.mount({ ...request, source: file }))).to.equal('INVALID_ARGUMENT');
  });

  add('refuses a device without a filesystem, or with another', ['ext4', 'xfs'], async (host) => {
    const target = directory(host, 'target');
    const source = await newDisk(host);
    expect(await codeOf(host.mounts.mount({ source, target, type: 'ext4' }))).to.equal('INVALID_ARGUMENT');
    await host.filesystems.make(source, { type: 'xfs' });
    expect(await codeOf(host.mounts.mount({ source, target, type: 'ext4' }))).to.equal('INVALID_ARGUMENT');
    expect(await host.mounts.find(target)).to.equal(undefined);
  });

  add('refuses to unmount where nothing is mounted', [], async (host) => {
    expect(await codeOf(host.mounts.unmount(directory(host, 'target')))).to.equal('INVALID_ARGUMENT');
    expect(await codeOf(host.mounts.unmount(directory(host, 'target'), { lazy: true }))).to.equal('INVALID_ARGUMENT');
  });

  add('keeps a device to itself while it is mounted', ['ext4'], async (host) => {
    const disk = await formattedDisk(host, 'ext4');
    await disk.mount();
    const { path } = await host.loopDevices.attach(join(host.scratch, 'disk'));
    expect(await codeOf(host.blockDevices.open(path, { exclusive: true }))).to.equal('BUSY');
    await (await host.blockDevices.open(path, { readOnly: true })).close();
    await disk.unmount();
  });

  add('unmounts what another mount lies in only lazily, and that with it', ['ext4'], async (host) => {
    const outer = await formattedDisk(host, 'ext4', 'outer');
    const inner = await formattedDisk(host, 'ext4', 'inner');
    await outer.mount();
    const within = join(outer.target, 'within');
    mkdirSync(within);
    const { path: source } = await host.loopDevices.attach(join(host.scratch, 'inner'));
    await host.mounts.mount({ source, target: within, type: 'ext4' });
    writeFileSync(join(within, 'file'), 'of the inner');
    await host.mounts.sync(outer.target);
    expect(await codeOf(host.mounts.unmount(outer.target))).to.equal('BUSY');
    await host.mounts.unmount(outer.target, { lazy: true });
    expect(readdirSync(outer.target)).to.deep.equal([]);
    await outer.mount();
    expect(readdirSync(within)).to.deep.equal([]);
    await inner.mount();
    expect(readFileSync(join(inner.target, 'file'), 'utf8')).to.equal('of the inner');
  });

  add('mounts the copy of a mounted xfs only with nouuid', ['xfs'], async (host) => {
    const disk = await formattedDisk(host, 'xfs');
    copyFileSync(join(host.scratch, 'disk'), join(host.scratch, 'copy'));
    await disk.mount();
    const { path: source } = await host.loopDevices.attach(join(host.scratch, 'copy'));
    const target = directory(host, 'copy.mnt');
    expect(await codeOf(host.mounts.mount({ source, target, type: 'xfs' }))).to.equal('INVALID_ARGUMENT');
    await host.mounts.mount({ source, target, type: 'xfs', options: ['nouuid'] });
    await host.mounts.unmount(target);
  });

  add('syncs a mount by any path in it', ['ext4'], async (host) => {
    const disk = await formattedDisk(host, 'ext4');
    await disk.mount();
    writeFileSync(join(disk.target, 'file'), 'content');
    await host.mounts.sync(disk.target);
    await host.mounts.sync(join(disk.target, 'file'));
    expect(statSync(join(disk.target, 'file')).size).to.equal(7);
    expect(await codeOf(host.mounts.sync(join(host.scratch, 'nothing')))).to.equal('NOT_FOUND');
  });
}
