import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMetadataFile } from '@dmthin/thin-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { errnoOf } from '../support/errno-of.ts';

const BLOCKS = 300;

describe('openMetadataFile', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dmthin-metadata-'));
    file = join(directory, 'metadata');
    writeFileSync(file, '');
    truncateSync(file, BLOCKS * 4096);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('reads what was written last, in whatever order, and keeps it', () => {
    const block = fc.oneof(fc.nat(BLOCKS - 1), fc.integer({ min: 20, max: 40 }));
    const step = fc.record({ block, value: fc.option(fc.integer({ min: 1, max: 255 })) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 300 }), (steps) => {
        truncateSync(file, 0);
        truncateSync(file, BLOCKS * 4096);
        const content = new Map<number, number>();
        const device = openMetadataFile(file, { write: true });
        for (const { block: number, value } of steps) {
          if (value === null) expect(device.read(number)[17]).to.equal(content.get(number) ?? 0);
          else {
            device.write(number, new Uint8Array(4096).fill(value));
            content.set(number, value);
          }
        }
        device.flush();
        device.close();
        using again = openMetadataFile(file);
        for (let number = 0; number < BLOCKS; number++)
          expect(again.read(number)[4095]).to.equal(content.get(number) ?? 0);
      }),
      { numRuns: 20 },
    );
  });

  it('says what is wrong with a path, in errno', () => {
    expect(errnoOf(() => openMetadataFile(join(directory, 'none')))).to.equal('ENOENT');
    expect(() => openMetadataFile(directory)).to.throw('neither a file nor a block device');
    using device = openMetadataFile(file);
    expect(errnoOf(() => device.read(BLOCKS))).to.equal('EIO');
    expect(errnoOf(() => device.read(Number.NaN))).to.equal('EIO');
  });
});
