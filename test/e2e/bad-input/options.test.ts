import { failureOf } from '@dmthin/conformance';
import { expect } from 'chai';
import { SMALL } from '../support/dmthin.ts';
import { openFake, recordsOf, temporaryPlace } from '../support/root.ts';
import { describeRefusals, expectRefusal, type Refusal, type Refused } from './refusals.ts';

const SIZE_RULE = 'Write a size as 10G, 512M, 1.5T or a number of bytes';

const BAD_SIZES: readonly (Omit<Refusal, 'code'> & { readonly size: string })[] = [
  { size: '-1', says: ["invalid size: '-1'"], remedy: SIZE_RULE },
  { size: '10Q', says: ["invalid suffix: 'q'"], remedy: SIZE_RULE },
  { size: 'large', says: ["invalid size: 'large'"], remedy: SIZE_RULE },
  { size: '1e400', says: ['1e400'], remedy: SIZE_RULE },
  { size: '', says: ["invalid size: ''"], remedy: SIZE_RULE },
  { size: '10M', says: ['cannot be smaller than 67.11MB'], remedy: 'Give a larger size, or none' },
];

const CONTRADICTIONS: readonly (Omit<Refusal, 'code'> & {
  readonly what: string;
  readonly options: readonly string[];
})[] = [
  {
    what: 'an option that there is not, and says which was meant',
    options: ['dm.basesise=10G'],
    says: ['Unknown option dm.basesise'],
    remedy: 'Did you mean dm.basesize?',
  },
  {
    what: "another driver's option",
    options: ['overlay2.size=10G'],
    says: ['Unknown option overlay2.size'],
    remedy: 'dmthin help options',
  },
  { what: 'an option without a value', options: ['dm.fs'], says: ['dm.fs'], remedy: 'dm.basesize=20G' },
  {
    what: 'a filesystem that Docker has not',
    options: ['dm.fs=btrfs'],
    says: ['btrfs'],
    remedy: 'dm.fs=ext4 or dm.fs=xfs',
  },
  {
    what: 'a block size between the steps',
    options: ['dm.blocksize=65K'],
    says: ['dm.blocksize=65K'],
    remedy: '64 KiB to 1 GiB',
  },
  { what: 'a base size that is none', options: ['dm.basesize=-1'], says: ['dm.basesize=-1'], remedy: SIZE_RULE },
  { what: 'free space without %', options: ['dm.min_free_space=10'], says: ['requires % suffix'], remedy: '10%' },
  {
    what: 'deferred deletion without deferred removal',
    options: ['dm.use_deferred_removal=false', 'dm.use_deferred_deletion=true'],
    says: ['Deferred deletion can not be enabled'],
    remedy: 'both',
  },
  {
    what: 'a pool from two places',
    options: ['dm.thinpooldev=pool', 'dm.directlvm_device=/dev/xvdf'],
    says: ['dm.thinpooldev', 'direct-lvm'],
    remedy: 'Leave out one',
  },
  {
    what: 'a given pool with a data device beside it',
    options: ['dm.thinpooldev=pool', 'dm.datadev=/dev/xvdf'],
    says: ['dm.datadev', 'dm.thinpooldev'],
    remedy: 'Leave out',
  },
  {
    what: 'one device for data and metadata',
    options: ['dm.datadev=/dev/xvdf', 'dm.metadatadev=/dev/xvdf'],
    says: ['both /dev/xvdf'],
    remedy: 'two devices',
  },
];

describeRefusals('a layer', [
  ...BAD_SIZES.map(
    ({ size, says, remedy }): Refused => ({
      what: `of size "${size}" is not made`,
      call: (driver) => driver.create('new', { parent: 'os', storageOptions: { size } }),
      words: ['create', 'new', '--parent', 'os', '--storage-opt', `size=${size}`],
      code: 'INVALID_ARGUMENT',
      says,
      remedy,
    }),
  ),
  {
    what: 'is not made with an option that there is not',
    call: (driver) => driver.create('new', { storageOptions: { sise: '1G' } }),
    words: ['create', 'new', '--storage-opt', 'sise=1G'],
    code: 'INVALID_ARGUMENT',
    says: ['Unknown option sise'],
    remedy: 'size=20G',
  },
  {
    what: 'is not made with two sizes',
    call: (driver) => driver.create('new', { storageOptions: { size: '1G', SIZE: '2G' } }),
    code: 'INVALID_ARGUMENT',
    says: ['size is given 2 times'],
    remedy: 'once',
  },
]);

describe('a root', () => {
  for (const { what, options, ...refusal } of CONTRADICTIONS)
    it(`is not made with ${what}`, async () => {
      await using place = await temporaryPlace();
      expectRefusal(await failureOf(openFake(`${place.path}/root`, options)), { code: 'INVALID_ARGUMENT', ...refusal });
      expect(await recordsOf(`${place.path}/root`)).to.deep.equal({});
    });

  it('is not opened with a base size below the one it has, which stays', async () => {
    await using place = await temporaryPlace();
    await (await openFake(place.path)).release();
    const records = await recordsOf(place.path);
    expectRefusal(await failureOf(openFake(place.path, ['dm.basesize=32M'])), {
      code: 'INVALID_ARGUMENT',
      says: ['Base device size cannot be smaller than 67.11MB'],
      remedy: 'Leave out dm.basesize',
    });
    expect(await recordsOf(place.path)).to.deep.equal(records);
    await (await openFake(place.path)).release();
  });
});

describeRefusals(
  'on a root that is there',
  CONTRADICTIONS.map(
    ({ what, options, says, remedy }): Refused => ({
      what: `is refused: ${what}`,
      words: ['status', ...[...SMALL, ...options].flatMap((option) => ['--storage-opt', option])],
      code: 'INVALID_ARGUMENT',
      says,
      remedy,
    }),
  ),
);
