import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codeOf } from '../failure-of.ts';
import { type AddCase, formattedDisk } from './host-case.ts';

/** Cases of the `Mounts` and `FileAttributes` ports: what files are after a remount. */
export function mountedFileCases(add: AddCase): void {
  for (const type of ['ext4', 'xfs'] as const) {
    add(`keeps on ${type} what is in files`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      await disk.mount();
      const at = (name: string): string => join(disk.target, name);
      const large = Uint8Array.from({ length: 3_000_001 }, (_, index) => (index * 31) % 253);
      writeFileSync(at('large'), large);
      writeFileSync(at('small'), 'a few bytes');
      writeFileSync(at('empty'), '');
      const sparse = openSync(at('sparse'), 'w');
      writeSync(sparse, 'end', 50_000_000);
      ftruncateSync(sparse, 60_000_000);
      closeSync(sparse);
      await disk.remount();
      expect(readFileSync(at('large')).equals(large)).to.equal(true);
      expect(readFileSync(at('small'), 'utf8')).to.equal('a few bytes');
      expect(statSync(at('empty')).size).to.equal(0);
      const found = readFileSync(at('sparse'));
      expect(found.length).to.equal(60_000_000);
      expect(found.toString('utf8', 50_000_000, 50_000_003)).to.equal('end');
      expect(found.subarray(0, 50_000_000).every((byte) => byte === 0)).to.equal(true);
    });

    add(`keeps on ${type} what was changed since, and nothing else`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      await disk.mount();
      const at = (name: string): string => join(disk.target, name);
      for (const name of ['changed', 'deleted', 'renamed', 'replaced', 'shorter', 'same'])
        writeFileSync(at(name), `${name} `.repeat(5000));
      mkdirSync(at('tree/deep'), { recursive: true });
      writeFileSync(at('tree/deep/file'), 'deep');
      await disk.remount();
      const changed = openSync(at('changed'), 'r+');
      writeSync(changed, 'CHANGED', 20_000);
      closeSync(changed);
      rmSync(at('deleted'));
      renameSync(at('renamed'), at('tree/deep/renamed'));
      writeFileSync(at('new'), 'what replaces');
      renameSync(at('new'), at('replaced'));
      truncateSync(at('shorter'), 10);
      renameSync(at('tree/deep'), at('moved'));
      await disk.remount();
      expect(readdirSync(disk.target).filter((name) => name !== 'lost+found')).to.have.members(
        'changed moved replaced same shorter tree'.split(' '),
      );
      const expected = Buffer.from('changed '.repeat(5000));
      expected.write('CHANGED', 20_000);
      expect(readFileSync(at('changed')).equals(expected)).to.equal(true);
      expect(readFileSync(at('moved/renamed'), 'utf8')).to.equal('renamed '.repeat(5000));
      expect(readFileSync(at('replaced'), 'utf8')).to.equal('what replaces');
      expect(readFileSync(at('shorter'), 'utf8')).to.equal('shorter sh');
      expect(readFileSync(at('same'), 'utf8')).to.equal('same '.repeat(5000));
      expect(readFileSync(at('moved/file'), 'utf8')).to.equal('deep');
      expect(readdirSync(at('tree'))).to.deep.equal([]);
    });

    add(`keeps on ${type} modes and times, of directories too`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      await disk.mount();
      const at = (name: string): string => join(disk.target, name);
      const modes = { plain: 0o644, program: 0o755, setuid: 0o4755, private: 0o600, readonly: 0o444, none: 0o000 };
      for (const [name, mode] of Object.entries(modes)) {
        writeFileSync(at(name), name);
        chmodSync(at(name), mode);
        utimesSync(at(name), 1_700_000_000, 1_600_000_000);
      }
      mkdirSync(at('sticky'));
      writeFileSync(at('sticky/within'), '');
      chmodSync(at('sticky'), 0o1777);
      utimesSync(at('sticky'), 1_700_000_000, 1_500_000_000);
      mkdirSync(at('closed'));
      writeFileSync(at('closed/within'), 'within');
      chmodSync(at('closed'), 0o500);
      chmodSync(disk.target, 0o711);
      await disk.remount();
      for (const [name, mode] of Object.entries(modes)) {
        expect(statSync(at(name)).mode & 0o7777, name).to.equal(mode);
        expect(statSync(at(name)).mtimeMs, name).to.equal(1_600_000_000_000);
      }
      expect(statSync(at('sticky')).mode & 0o7777).to.equal(0o1777);
      expect(statSync(at('sticky')).mtimeMs).to.equal(1_500_000_000_000);
      expect(statSync(at('closed')).mode & 0o7777).to.equal(0o500);
      expect(readFileSync(at('closed/within'), 'utf8')).to.equal('within');
      expect(statSync(disk.target).mode & 0o7777).to.equal(0o711);
    });

    add(`keeps on ${type} hard and symbolic links`, [type], async (host) => {
      const disk = await formattedDisk(host, type);
      await disk.mount();
      const at = (name: string): string => join(disk.target, name);
      mkdirSync(at('directory'));
      writeFileSync(at('file'), 'one file');
      linkSync(at('file'), at('directory/other name'));
      symlinkSync('../file', at('directory/link'));
      symlinkSync('/nowhere/at/all', at('dangling'));
      symlinkSync('x'.repeat(1000), at('long'));
      lutimesSync(at('dangling'), 1_700_000_000, 1_600_000_000);
      await disk.remount();
      expect(statSync(at('file')).ino).to.equal(statSync(at('directory/other name')).ino);
      expect(statSync(at('file')).nlink).to.equal(2);
      expect(readlinkSync(at('directory/link'))).to.equal('../file');
      expect(readFileSync(at('directory/link'), 'utf8')).to.equal('one file');
      expect(readlinkSync(at('dangling'))).to.equal('/nowhere/at/all');
      expect(readlinkSync(at('long'))).to.equal('x'.repeat(1000));
      expect(lstatSync(at('dangling')).mtimeMs).to.equal(1_600_000_000_000);
      writeFileSync(at('directory/other name'), 'changed through one name');
      rmSync(at('file'));
      await disk.remount();
      expect(statSync(at('directory/other name')).nlink).to.equal(1);
      expect(readFileSync(at('directory/other name'), 'utf8')).to.equal('changed through one name');
    });
  }

  add('keeps names of any bytes', ['ext4', 'byteNames'], async (host) => {
    const disk = await formattedDisk(host, 'ext4');
    await disk.mount();
    const name = Buffer.from([0x66, 0xff, 0xe4, 0x0a]);
    const path = Buffer.concat([Buffer.from(`${disk.target}/`), name]);
    writeFileSync(path, 'content');
    writeFileSync(join(disk.target, 'ünïcode'), 'content');
    await disk.remount();
    expect(readFileSync(path, 'utf8')).to.equal('content');
    expect(readdirSync(disk.target)).to.include('ünïcode');
  });

  add('keeps extended attributes, through renames and with the file', ['ext4', 'attributes'], async (host) => {
    const disk = await formattedDisk(host, 'ext4');
    await disk.mount();
    const { fileAttributes } = host;
    const at = (name: string): string => join(disk.target, name);
    writeFileSync(at('file'), 'content');
    const value = Uint8Array.of(0, 1, 2, 255);
    await fileAttributes.write(at('file'), 'user.dmthin', value);
    expect(await fileAttributes.list(at('file'))).to.include('user.dmthin');
    renameSync(at('file'), at('renamed'));
    await disk.remount();
    expect(await fileAttributes.read(at('renamed'), 'user.dmthin')).to.deep.equal(value);
    expect(await fileAttributes.read(at('renamed'), 'user.none')).to.equal(undefined);
    writeFileSync(at('other'), '');
    expect(await fileAttributes.read(at('other'), 'user.dmthin')).to.equal(undefined);
    await fileAttributes.write(at('renamed'), 'user.dmthin', Uint8Array.of(7));
    await disk.remount();
    expect(await fileAttributes.read(at('renamed'), 'user.dmthin')).to.deep.equal(Uint8Array.of(7));
  });

  add('keeps owners, fifos and devices', ['ext4', 'ownership'], async (host) => {
    const disk = await formattedDisk(host, 'ext4');
    await disk.mount();
    const { fileAttributes } = host;
    const at = (name: string): string => join(disk.target, name);
    writeFileSync(at('file'), '');
    await fileAttributes.changeOwner(at('file'), 1234, 4321);
    symlinkSync('file', at('link'));
    await fileAttributes.changeOwner(at('link'), 77, 88);
    await fileAttributes.makeNode(at('fifo'), { type: 'fifo', mode: 0o622, major: 0, minor: 0 });
    await fileAttributes.makeNode(at('null'), { type: 'character', mode: 0o666, major: 1, minor: 3 });
    await fileAttributes.makeNode(at('disk'), { type: 'block', mode: 0o660, major: 259, minor: 70_000 });
    expect(
      await codeOf(fileAttributes.makeNode(at('file'), { type: 'fifo', mode: 0o600, major: 0, minor: 0 })),
    ).to.equal('ALREADY_EXISTS');
    const device = lstatSync(at('disk')).rdev;
    await disk.remount();
    expect(lstatSync(at('file'))).to.include({ uid: 1234, gid: 4321 });
    expect(lstatSync(at('link'))).to.include({ uid: 77, gid: 88 });
    expect(lstatSync(at('fifo')).isFIFO()).to.equal(true);
    expect(lstatSync(at('fifo')).mode & 0o7777).to.equal(0o622);
    expect(lstatSync(at('null')).isCharacterDevice()).to.equal(true);
    expect(lstatSync(at('null')).rdev).to.equal(0x103);
    expect(lstatSync(at('disk')).isBlockDevice()).to.equal(true);
    expect(lstatSync(at('disk')).rdev).to.equal(device);
  });
}
