import {
  BASE_VOLUME,
  deviceName,
  devicePath,
  devicePrefix,
  deviceUuid,
  formatDeviceNumber,
  isVolumeId,
  MAX_DEVICE_NAME_BYTES,
  parseDeviceNumber,
  poolDeviceName,
  sameDevice,
  thinPoolName,
  volumeDeviceName,
  volumeId,
  volumeOfDevice,
} from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf, errorOf } from '../code-of.ts';

const volumeIds = fc
  .stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.+@=-]{0,79}$/u)
  .filter(isVolumeId)
  .map(volumeId);
const roots = fc.record({
  number: fc.record({ major: fc.integer({ min: 0, max: 4095 }), minor: fc.integer({ min: 0, max: 1_048_575 }) }),
  inode: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
});
const encoder = new TextEncoder();

describe('device name', () => {
  it('is anything that can be a file under /dev/mapper, up to 127 bytes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 140, unit: 'grapheme' }), (text) => {
        const isName =
          text !== '' && !/[/\0]/u.test(text) && text !== '.' && text !== '..' && encoder.encode(text).length <= 127;
        expect(codeOf(() => deviceName(text))).to.equal(isName ? 'none' : 'INVALID_ARGUMENT');
      }),
    );
    expect(devicePath(deviceName('pool'))).to.equal('/dev/mapper/pool');
    expect(codeOf(() => deviceName('é'.repeat(63)))).to.equal('none');
    expect(errorOf(() => deviceName('é'.repeat(64)))?.message).to.include('128 bytes');
  });
});

describe('device uuid', () => {
  it('has 1 to 128 bytes', () => {
    expect(deviceUuid('LVM-/x')).to.equal('LVM-/x');
    for (const text of ['', 'a\0b', 'x'.repeat(129)])
      expect(codeOf(() => deviceUuid(text))).to.equal('INVALID_ARGUMENT');
  });
});

describe('device number', () => {
  it('is read as it is printed', () => {
    fc.assert(
      fc.property(roots, ({ number }) => {
        expect(sameDevice(parseDeviceNumber(formatDeviceNumber(number)), number)).to.equal(true);
      }),
    );
    for (const text of ['', '8', '8:', ':1', '8:1:2', '-8:1', '8: 1', '/dev/sda'])
      expect(
        codeOf(() => parseDeviceNumber(text)),
        text,
      ).to.equal('INVALID_ARGUMENT');
    expect(sameDevice({ major: 8, minor: 1 }, { major: 8, minor: 2 })).to.equal(false);
  });
});

describe('volume id', () => {
  it('can become no path, no reserved name and no device name over 127 bytes (defect 24)', () => {
    const spoiled = ['', 'a/b', '..', '.hidden', 'a\0b', 'x'.repeat(81), 'x'.repeat(300), 'base', 'pool', 'é', '-x'];
    for (const text of [...spoiled, 'deviceset-metadata', 'transaction-metadata', 'x.migrated', 'a b', 'a\n']) {
      expect(
        codeOf(() => volumeId(text)),
        text,
      ).to.equal('INVALID_ARGUMENT');
      expect(isVolumeId(text)).to.equal(false);
    }
    fc.assert(
      fc.property(volumeIds, roots, (id, root) => {
        expect(volumeDeviceName(devicePrefix(root), id).length).to.be.at.most(MAX_DEVICE_NAME_BYTES);
      }),
    );
    expect(volumeId(`${'0123456789abcdef'.repeat(4)}-init`)).to.have.length(69);
  });
});

describe('the refusal of a volume id', () => {
  const refusal = (text: string): string => {
    const error = errorOf(() => volumeId(text));
    return `${error?.message}. ${error?.remedy}`;
  };

  it('names the character, the length and the rule', () => {
    expect(refusal('a/b')).to.include('has a character that is not allowed: "/"');
    expect(refusal('a\0b')).to.include('"\\u0000"');
    expect(refusal('-x')).to.include('begins with "-"');
    expect(refusal('x'.repeat(300)))
      .to.include('is 300 characters long, 80 are allowed')
      .and.has.length.below(350);
    for (const text of ['', 'é', '..', 'x'.repeat(81)]) expect(refusal(text)).to.include('Use 1 to 80 letters, digits');
  });

  it('meets what is no text at all', () => {
    for (const stranger of [undefined, null, 5, {}]) expect(refusal(stranger as string)).to.include('an id is no ');
  });

  it('says which names are reserved and offers one that is not', () => {
    expect(refusal('base')).to.include('base, pool, deviceset-metadata, transaction-metadata are reserved');
    expect(refusal('base')).to.include('base-1 is not');
    expect(refusal('web.migrated')).to.include('web-migrated');
    for (const offered of ['base-1', 'web-migrated']) expect(isVolumeId(offered)).to.equal(true);
  });
});

describe("Docker's device names", () => {
  const prefix = devicePrefix({ number: { major: 253, minor: 1 }, inode: 17_538_953n });

  it('begin with the file system and inode of the root', () => {
    expect(volumeDeviceName(prefix, volumeId('ab12'))).to.equal('docker-253:1-17538953-ab12');
    expect(volumeDeviceName(prefix, BASE_VOLUME)).to.equal('docker-253:1-17538953-base');
    expect(poolDeviceName(prefix)).to.equal('docker-253:1-17538953-pool');
  });

  it('say whose they are, and differ for different volumes', () => {
    fc.assert(
      fc.property(roots, volumeIds, (root, id) => {
        const own = devicePrefix(root);
        expect(volumeOfDevice(own, volumeDeviceName(own, id))).to.equal(id);
      }),
    );
    expect(volumeOfDevice(prefix, volumeDeviceName(prefix, BASE_VOLUME))).to.equal(BASE_VOLUME);
    for (const name of ['docker-253:1-17538953-pool', 'docker-253:1-17538953-', 'docker-253:1-175389531ab', 'vg-lv'])
      expect(volumeOfDevice(prefix, deviceName(name)), name).to.equal(undefined);
  });
});

describe('dm.thinpooldev', () => {
  it('is a name, or its node under /dev/mapper; to the letter', () => {
    expect(thinPoolName('docker-thinpool')).to.equal('docker-thinpool');
    expect(thinPoolName('/dev/mapper/docker-thinpool')).to.equal('docker-thinpool');
    expect(thinPoolName('/dev/mapper/my\\x20pool')).to.equal('my\\x20pool');
  });

  it("is LVM's node, whose dashes its device doubles", () => {
    expect(thinPoolName('/dev/docker/thinpool')).to.equal('docker-thinpool');
    expect(thinPoolName('/dev/my-vg/thin-pool')).to.equal('my--vg-thin--pool');
  });

  it('is no other path', () => {
    expect(errorOf(() => thinPoolName('/dev/dm-3'))?.remedy).to.include('dmsetup ls --target thin-pool');
    for (const text of ['/dev/dm-3', '/dev/mapper/', '/dev/mapper/a/b', '/', 'a/b', '..', 'mapper/x'])
      expect(
        codeOf(() => thinPoolName(text)),
        text,
      ).to.equal('INVALID_ARGUMENT');
  });
});
