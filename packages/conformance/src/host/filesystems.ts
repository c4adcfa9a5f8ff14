import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FilesystemType } from '@dmthin/domain';
import { expect } from 'chai';
import { codeOf } from '../failure-of.ts';
import { type AddCase, DISK_SIZE, formattedDisk, newDisk } from './host-case.ts';

const MIB = 1024 * 1024;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/u;
const NONSENSE: Readonly<Record<FilesystemType, readonly string[]>> = {
  ext4: ['-O', 'no_such_feature'],
  xfs: ['-d', 'no_such_option=1'],
};

/** Cases of the `Filesystems` port. */
export function filesystemCases(add: AddCase): void {
  add('finds nothing on an empty device, and no device that is not there', [], async (host) => {
    expect(await host.filesystems.probe(await newDisk(host))).to.equal(undefined);
    expect(await codeOf(host.filesystems.probe('/dev/mapper/dmthin-no-such-device'))).to.equal('NOT_FOUND');
  });

  for (const type of ['ext4', 'xfs'] as const) {
    add(`makes ${type}, with a uuid of its own each time`, [type], async (host) => {
      expect(await host.filesystems.supported()).to.include(type);
      const [one, other] = [await newDisk(host, 'one'), await newDisk(host, 'other')];
      await host.filesystems.make(one, { type });
      await host.filesystems.make(other, { type });
      const found = await host.filesystems.probe(one);
      expect(found?.type).to.equal(type);
      expect(found?.uuid).to.match(UUID);
      expect((await host.filesystems.probe(other))?.uuid)
        .to.match(UUID)
        .and.not.equal(found?.uuid);
    });

    add(`refuses arguments that mkfs.${type} does not know, and makes nothing`, [type], async (host) => {
      const path = await newDisk(host);
      expect(await codeOf(host.filesystems.make(path, { type, arguments: NONSENSE[type] }))).to.equal(
        'INVALID_ARGUMENT',
      );
      expect(await host.filesystems.probe(path)).to.equal(undefined);
    });

    add(`takes arguments that mkfs.${type} knows`, [type], async (host) => {
      const path = await newDisk(host);
      const uuid = '11111111-2222-3333-4444-555555555555';
      await host.filesystems.make(path, { type, arguments: type === 'xfs' ? ['-m', `uuid=${uuid}`] : ['-U', uuid] });
      expect(await host.filesystems.probe(path)).to.deep.equal({ type, uuid });
    });

    add(`makes no ${type} on a device that is mounted`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      await disk.mount();
      writeFileSync(join(disk.target, 'file'), 'kept');
      const { path } = await host.loopDevices.attach(join(host.scratch, 'disk'));
      expect(await codeOf(host.filesystems.make(path, { type }))).to.equal('BUSY');
      await disk.remount();
      expect(readFileSync(join(disk.target, 'file'), 'utf8')).to.equal('kept');
    });

    add(`grows a mounted ${type} to its device`, [type], async (host) => {
      // mkfs.xfs makes nothing small, so that only ext4 is filled beyond what it had room for.
      const size = type === 'xfs' ? DISK_SIZE : 32 * MIB;
      const disk = await formattedDisk(host, type, 'disk', size);
      await disk.mount();
      writeFileSync(join(disk.target, 'before'), 'here before');
      const file = join(host.scratch, 'disk');
      truncateSync(file, 3 * size);
      const loop = await host.loopDevices.attach(file);
      await host.loopDevices.refreshSize(loop);
      await host.filesystems.grow(loop.path, disk.target, type);
      // Twice is no harm.
      await host.filesystems.grow(loop.path, disk.target, type);
      const large = new Uint8Array(40 * MIB).fill(5);
      writeFileSync(join(disk.target, 'large'), large);
      await disk.remount();
      expect(readFileSync(join(disk.target, 'before'), 'utf8')).to.equal('here before');
      expect(readFileSync(join(disk.target, 'large')).equals(large)).to.equal(true);
    });

    add(`grows no ${type} that is not mounted there`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      const { path } = await host.loopDevices.attach(join(host.scratch, 'disk'));
      expect(await codeOf(host.filesystems.grow(path, disk.target, type))).to.equal('NOT_FOUND');
    });
  }
}
