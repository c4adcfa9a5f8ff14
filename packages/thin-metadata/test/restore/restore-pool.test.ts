import { DmError } from '@dmthin/domain';
import { checkMetadata, dumpPool, MemoryMetadataDevice, readPool, restorePool } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { largePool, smallPool } from '../support/sample-pool.ts';
import { textOf } from '../support/text-of.ts';

const POOL = '<superblock uuid="" time="1" transaction="9" data_block_size="128" nr_data_blocks="100">';
const THIN = '<device dev_id="1" mapped_blocks="1" transaction="0" creation_time="0" snap_time="0">';

async function restored(text: string, blocks = 4096): Promise<MemoryMetadataDevice> {
  const device = new MemoryMetadataDevice(blocks);
  await restorePool(device, [Buffer.from(text)]);
  return device;
}

async function refusal(text: string, blocks?: number): Promise<DmError> {
  try {
    await restored(text, blocks);
  } catch (error) {
    if (DmError.is(error)) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('restorePool', () => {
  for (const format of ['xml', 'json'] as const)
    it(`makes the same pool again from ${format}, however the text is cut into chunks`, async () => {
      const dump = textOf(dumpPool(readPool(largePool(2, 3000)), { format }));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), async (size) => {
          const device = new MemoryMetadataDevice(4096);
          const bytes = Buffer.from(dump);
          const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
            bytes.subarray(i * size, (i + 1) * size),
          );
          await restorePool(device, chunks);
          expect(checkMetadata(device)).to.deep.equal([]);
          expect(textOf(dumpPool(readPool(device), { format }))).to.equal(dump);
        }),
        { numRuns: 5 },
      );
    });

  it('makes sound trees of any number of mappings, full nodes and the last two even', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1200 }), fc.nat(70_000), async (small, large) => {
        for (const count of [small, large]) {
          const text = `${POOL.replace('"100"', '"100000"')}${THIN}${
            count === 0 ? '' : `<range_mapping origin_begin="5" data_begin="0" length="${count}" time="0"/>`
          }</device></superblock>`;
          const device = await restored(text);
          expect(checkMetadata(device)).to.deep.equal([]);
          expect([...readPool(device).thinDevices()].map(({ mappedBlocks }) => mappedBlocks)).to.deep.equal([count]);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('counts data blocks that several devices map', async () => {
    const device = await restored(textOf(dumpPool(readPool(smallPool()))));
    expect(checkMetadata(device)).to.deep.equal([]);
  });

  it('takes other numbers than the dump has, where they are given', async () => {
    const device = new MemoryMetadataDevice(64);
    await restorePool(device, [Buffer.from(`${POOL}</superblock>`)], { transactionId: 5n, dataBlockSize: 256 });
    const { superblock } = readPool(device);
    expect([superblock.transactionId, superblock.dataBlockSize, superblock.dataSpaceMap.blocks]).to.deep.equal([
      5n,
      256,
      100,
    ]);
  });

  const single = (block: number, data: number): string =>
    `<single_mapping origin_block="${block}" data_block="${data}" time="0"/>`;
  const cases: readonly (readonly [what: string, text: string, message: string])[] = [
    ['no text', '', 'document must contain a root element'],
    ['text that was cut off', `${POOL}\n${THIN}\n${single(1, 1)}`, 'line 3: unclosed tag: device'],
    ['what is not XML', 'LABELONE', 'line 1: '],
    ['an unknown element', `${POOL}\n<volume/>`, 'line 2: <volume> is unknown'],
    ['a device outside of a pool', THIN, 'outside of a superblock'],
    ['a device twice', `${POOL}${THIN}</device>${THIN}`, 'thin device 1 is there twice'],
    ['mappings out of order', `${POOL}${THIN}${single(7, 1)}\n${single(7, 2)}`, 'line 2: thin device 1: block 7'],
    [
      'a mapping beyond the data',
      `${POOL}${THIN}${single(7, 100)}`,
      "data block 100 is beyond the end of the pool's 100",
    ],
    [
      'a number that is none',
      `${POOL}${THIN}${single(7, 1).replace('"1"', '"x"')}`,
      'data_block="x" is not a whole number',
    ],
    [
      'JSON that was cut off',
      '{"pool":{"uuid":"","time":0,"transactionId":0,"flags":0,"version":2,"dataBlockSize":128,"dataBlocks":1}}\n',
      'the text was cut off',
    ],
    ['JSON that is none', '{"pool":}', 'line 1: it is not JSON'],
  ];
  for (const [what, text, message] of cases)
    it(`refuses ${what}, and leaves no pool`, async () => {
      const device = smallPool();
      let failure: unknown;
      try {
        await restorePool(device, [Buffer.from(text)]);
      } catch (error) {
        failure = error;
      }
      expect(DmError.is(failure) && [failure.code, failure.message].join(': ')).to.include('INVALID_ARGUMENT');
      expect((failure as DmError).message).to.include(message);
      expect(device.read(0).every((byte) => byte === 0)).to.equal(true);
    });

  it('says so where the device is too small', async () => {
    const text = textOf(dumpPool(readPool(largePool(1, 3000))));
    expect((await refusal(text, 12)).errno).to.equal('ENOSPC');
  });
});
