import { MemoryMetadataDevice } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import { BITMAP } from '#src/format/bitmap';
import { BlockCache } from '#src/transaction/block-cache';
import { errnoOf } from '../support/errno-of.ts';

describe('the blocks of a metadata device in memory', () => {
  let device: MemoryMetadataDevice;
  let sound: Uint8Array;

  beforeEach(() => {
    device = new MemoryMetadataDevice(4);
    const writer = new BlockCache(device);
    writer.write(writer.zeroed(2, BITMAP));
    sound = device.read(2).slice();
  });

  it('stay what was read, sound or not, whatever the device would answer by now', () => {
    const cache = new BlockCache(device);
    device.write(2, new Uint8Array(4096));
    expect(errnoOf(() => cache.read(2, BITMAP))).to.equal('ENOTBLK');
    device.write(2, sound);
    expect(errnoOf(() => cache.read(2, BITMAP))).to.equal('ENOTBLK');
    expect(new BlockCache(device).read(2, BITMAP).bytes).to.deep.equal(sound);
  });

  it('are as they are made anew, also in the place of one that was not sound', () => {
    const cache = new BlockCache(device);
    device.write(2, new Uint8Array(4096));
    expect(errnoOf(() => cache.read(2, BITMAP))).to.equal('ENOTBLK');
    cache.zeroed(2, BITMAP);
    cache.writeBack(() => true);
    cache.supersede(2);
    cache.writeBack(() => true);
    expect(cache.read(2, BITMAP).bytes).to.deep.equal(sound);
  });
});
