import {
  checkBlockSize,
  dataBlocks,
  errorTable,
  formatLinearTarget,
  formatTable,
  formatThinPoolTarget,
  formatThinTarget,
  linearTable,
  parseLinearTarget,
  parseThinPoolTarget,
  parseThinTarget,
  sectors,
  THIN_POOL_FEATURES,
  type ThinPoolTarget,
  type ThinTarget,
  thinId,
  thinPoolTable,
  thinTable,
  zeroTable,
} from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf, errorOf } from '../code-of.ts';

const devices = fc.stringMatching(/^[a-z0-9/:.-]{1,20}$/u);
const blockSizes = fc.integer({ min: 1, max: 16_384 }).map((count) => sectors(count * 128));
const pools: fc.Arbitrary<ThinPoolTarget> = fc
  .record({
    metadata: devices,
    data: devices,
    blockSize: blockSizes,
    lowWaterMark: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(dataBlocks),
    features: fc.subarray([...THIN_POOL_FEATURES], { maxLength: 4 }),
  })
  .filter(({ metadata, data }) => metadata !== data);
const thins: fc.Arbitrary<ThinTarget> = fc
  .record({
    pool: devices,
    thinId: fc.integer({ min: 0, max: 0xffffff }).map(thinId),
    origin: fc.option(devices, { nil: undefined }),
  })
  .filter(({ pool, origin }) => pool !== origin);

describe('thin-pool target', () => {
  it("makes Docker's table", () => {
    const table = thinPoolTable({
      metadata: '/dev/loop1',
      data: '/dev/loop0',
      size: sectors(209_715_200),
      blockSize: sectors(128),
      lowWaterMark: dataBlocks(32_768),
      features: ['skip_block_zeroing'],
    });
    expect(formatTable(table)).to.equal('0 209715200 thin-pool /dev/loop1 /dev/loop0 128 32768 1 skip_block_zeroing');
  });

  it('reads what the kernel prints, and gives back every target it prints', () => {
    expect(parseThinPoolTarget('7:0 7:1 128 0 0 ')).to.deep.equal({
      metadata: '7:0',
      data: '7:1',
      blockSize: 128n,
      lowWaterMark: 0n,
      features: [],
    });
    fc.assert(
      fc.property(pools, (target) => {
        expect(parseThinPoolTarget(formatThinPoolTarget(target))).to.deep.equal(target);
      }),
    );
  });

  it('prints features in the order of the kernel, each once', () => {
    const features = ['error_if_no_space', 'skip_block_zeroing', 'error_if_no_space'] as const;
    const target = { ...parseThinPoolTarget('a b 128 0'), features };
    expect(formatThinPoolTarget(target)).to.equal('a b 128 0 2 skip_block_zeroing error_if_no_space');
  });

  it('reads feature names in any case and ignores what is beyond their count, as the kernel does', () => {
    expect(parseThinPoolTarget('a b 128 0 1 READ_ONLY and more').features).to.deep.equal(['read_only']);
  });

  it('takes a block of 64 KiB to 1 GiB in steps of 64 KiB, and no other', () => {
    fc.assert(fc.property(blockSizes, (size) => checkBlockSize(size) === size));
    for (const size of [0, 1, 64, 127, 129, 192, 2_097_151, 2_097_152 + 128])
      expect(
        codeOf(() => checkBlockSize(sectors(size))),
        String(size),
      ).to.equal('INVALID_ARGUMENT');
    expect(errorOf(() => checkBlockSize(sectors(1)))?.remedy).to.include('64 KiB to 1 GiB');
  });

  it('refuses what the kernel would', () => {
    const five = `5 ${THIN_POOL_FEATURES.join(' ')}`;
    const spoiled = ['', 'a', 'a b', 'a b 128', 'a a 128 0', 'a b x 0', 'a b 128 -1', 'a b 100 0', 'a b 128 0 1'];
    for (const params of [...spoiled, 'a b 128 0 x', 'a b 128 0 1 fast', `a b 128 0 ${five}`])
      expect(
        codeOf(() => parseThinPoolTarget(params)),
        params,
      ).to.equal('INVALID_ARGUMENT');
    const features = THIN_POOL_FEATURES;
    expect(codeOf(() => formatThinPoolTarget({ ...parseThinPoolTarget('a b 128 0'), features }))).to.equal(
      'INVALID_ARGUMENT',
    );
    const empty = { metadata: 'a', data: 'b', size: sectors(0), blockSize: sectors(128) };
    expect(codeOf(() => thinPoolTable(empty))).to.equal('INVALID_ARGUMENT');
    expect(codeOf(() => thinPoolTable({ ...empty, size: sectors(1), data: 'my disk' }))).to.equal('INVALID_ARGUMENT');
  });
});

describe('thin target', () => {
  it("makes Docker's table", () => {
    const table = thinTable({ pool: '/dev/mapper/pool', thinId: thinId(7), size: sectors(20_971_520) });
    expect(formatTable(table)).to.equal('0 20971520 thin /dev/mapper/pool 7');
  });

  it('gives back every target it prints', () => {
    fc.assert(
      fc.property(thins, (target) => {
        expect(parseThinTarget(formatThinTarget(target))).to.deep.equal(target);
      }),
    );
  });

  it('tells a failed pool from words that are wrong', () => {
    expect(codeOf(() => parseThinTarget('Fail'))).to.equal('READ_ONLY');
    for (const params of ['', 'p', 'p x', 'p -1', 'p 16777216', 'p 1 o extra', 'p 1 p'])
      expect(
        codeOf(() => parseThinTarget(params)),
        params,
      ).to.equal('INVALID_ARGUMENT');
  });
});

describe('linear, zero and error targets', () => {
  it('make their tables', () => {
    expect(formatTable(linearTable({ device: '8:16', offset: sectors(2048), size: sectors(8) }))).to.equal(
      '0 8 linear 8:16 2048',
    );
    expect(formatTable(zeroTable(sectors(8)))).to.equal('0 8 zero');
    expect(formatTable(errorTable(sectors(8)))).to.equal('0 8 error');
    expect(codeOf(() => zeroTable(sectors(0)))).to.equal('INVALID_ARGUMENT');
    expect(codeOf(() => errorTable(sectors(1n << 54n)))).to.equal('INVALID_ARGUMENT');
  });

  it('gives back every linear target it prints', () => {
    fc.assert(
      fc.property(devices, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (device, offset) => {
        const target = { device, offset: sectors(offset) };
        expect(parseLinearTarget(formatLinearTarget(target))).to.deep.equal(target);
      }),
    );
    for (const params of ['', 'a', 'a -1', 'a 1 2', 'a x'])
      expect(
        codeOf(() => parseLinearTarget(params)),
        params,
      ).to.equal('INVALID_ARGUMENT');
  });
});
