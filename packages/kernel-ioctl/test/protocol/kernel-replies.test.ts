import { sectors } from '@dmthin/domain';
import {
  decodeHeader,
  decodeNameList,
  decodeTargetDeps,
  decodeTargetMessage,
  decodeTargetSpecs,
  decodeTargetVersions,
  decodeText,
  encodeHeader,
  encodeNameList,
  encodeTargetDeps,
  encodeTargetMessage,
  encodeTargetSpecs,
  encodeText,
  FLAG,
  flagNames,
  HEADER_SIZE,
  payloadOf,
} from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import { REPLIES, reply } from '../fixtures/replies.ts';

const header = (note: string) => decodeHeader(reply(note).after);
const payload = (note: string) => payloadOf(header(note), reply(note).after);

describe('what a real kernel answers', () => {
  it('tells the driver version, also where it refuses the call', () => {
    expect(header('the driver version').version).to.deep.equal([4, 47, 0]);
    const refused = reply('a version from the future is refused, and the driver says its own');
    expect(refused.errno).to.equal(22);
    expect(decodeHeader(refused.after).version).to.deep.equal([4, 47, 0]);
  });

  it('describes a device', () => {
    expect(header('suspended, by uuid')).to.deep.include({
      name: 'zero',
      uuid: 'uuid-of-zero',
      device: { major: 254, minor: 0 },
      targetCount: 2,
      openCount: 0,
      flags: FLAG.activePresent | FLAG.suspend,
    });
    expect(flagNames(header('resume the thin').flags)).to.deep.equal(['readOnly', 'activePresent', 'ueventGenerated']);
    expect(header('the pool by its number').device).to.deep.equal({ major: 254, minor: 300 });
    expect(header('rename').eventNumber).to.equal(1);
  });

  it('lists devices in byte order, with numbers beyond 255', () => {
    expect(decodeNameList(payload('all devices'))).to.deep.equal([
      { device: { major: 254, minor: 300 }, name: 'pool', eventNumber: 0, uuid: undefined },
      { device: { major: 254, minor: 1 }, name: 'thin', eventNumber: 0, uuid: undefined },
      { device: { major: 254, minor: 0 }, name: 'zero', eventNumber: 0, uuid: undefined },
    ]);
    expect(decodeNameList(payload('all devices, with uuids')).map(({ uuid }) => uuid)).to.deep.equal([
      '',
      '',
      'uuid-of-zero',
    ]);
  });

  it('lists nothing where there are no devices', () => {
    expect(decodeNameList(payload('no devices'))).to.deep.equal([]);
  });

  it('prints status and tables', () => {
    const two = [
      { start: sectors(0), length: sectors(8), type: 'zero', params: '' },
      { start: sectors(8), length: sectors(16), type: 'zero', params: '' },
    ];
    expect(decodeTargetSpecs(payload('the live status'), 2, 'status')).to.deep.equal(two);
    expect(decodeTargetSpecs(payload('the inactive table'), 2, 'status')).to.deep.equal(two);
    const [pool] = decodeTargetSpecs(payload('the table of a pool'), 1, 'status');
    expect(pool).to.deep.equal({
      start: sectors(0),
      length: sectors(131072),
      type: 'thin-pool',
      params: '7:0 7:1 128 0 1 skip_block_zeroing ',
    });
  });

  it('has no payload where there is no table', () => {
    expect(decodeTargetSpecs(payload('the status of no table'), 0, 'status')).to.deep.equal([]);
    expect(decodeTargetDeps(payload('the deps of no table'))).to.deep.equal([]);
  });

  it('names what a pool stands on, the last first', () => {
    expect(decodeTargetDeps(payload('the deps of a pool'))).to.deep.equal([
      { major: 7, minor: 1 },
      { major: 7, minor: 0 },
    ]);
  });

  it('lists target types, the newest first', () => {
    const versions = decodeTargetVersions(payload('the target types'));
    expect(versions[0]?.name).to.equal('log-writes');
    expect(versions).to.deep.include({ name: 'thin-pool', version: [1, 22, 0] });
    expect(decodeTargetVersions(payload('one target type'))).to.deep.equal([
      { name: 'thin-pool', version: [1, 22, 0] },
    ]);
  });

  it('answers a message', () => {
    expect(decodeText(payload('the answer fits'))).to.equal('0: 0+24 24 - -\n1: 0+24 12 - -\n');
    for (const note of ['the answer does not fit', 'the list does not fit', 'the deps do not fit'])
      expect(header(note).flags & FLAG.bufferFull, note).not.to.equal(0);
  });
});

describe('what we would have answered', () => {
  it('is what the kernel answered, byte for byte', () => {
    const same: readonly [note: string, encoded: Uint8Array][] = [
      ['all devices', encodeNameList(decodeNameList(payload('all devices')))],
      ['all devices, with uuids', encodeNameList(decodeNameList(payload('all devices, with uuids')))],
      ['the deps of a pool', encodeTargetDeps(decodeTargetDeps(payload('the deps of a pool')))],
      ['the answer fits', encodeText(decodeText(payload('the answer fits')))],
    ];
    for (const [note, encoded] of same) expect(Buffer.from(encoded), note).to.deep.equal(Buffer.from(payload(note)));
    const status = payload('the live status');
    const specs = encodeTargetSpecs(decodeTargetSpecs(status, 2, 'status'), 'status');
    expect(Buffer.from(specs.subarray(0, status.length))).to.deep.equal(Buffer.from(status));
  });
});

describe('every recorded call', () => {
  it('is read and written back without a difference', () => {
    for (const { note, before, after } of REPLIES)
      for (const recorded of [before, after]) {
        const written = recorded.slice();
        encodeHeader(written, decodeHeader(recorded));
        expect(Buffer.from(written), note).to.deep.equal(Buffer.from(recorded));
      }
  });

  it('can be read as what was asked', () => {
    const asked = (note: string) => payloadOf(decodeHeader(reply(note).before), reply(note).before);
    expect(decodeTargetMessage(asked('a message'))).to.deep.equal({ sector: sectors(0), text: 'create_thin 0' });
    expect(decodeText(asked('rename'))).to.equal('nil');
    const { before } = reply('load two zero targets');
    const { targetCount } = decodeHeader(before);
    const table = decodeTargetSpecs(before.subarray(HEADER_SIZE), targetCount, 'load');
    expect(table.map(({ length }) => length)).to.deep.equal([8n, 16n]);
    expect(encodeTargetMessage({ sector: sectors(0), text: 'create_thin 0' })).to.deep.equal(
      asked('a message').subarray(0, 22),
    );
  });
});
