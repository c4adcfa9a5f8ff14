import { expect } from 'chai';
import fc from 'fast-check';
import { crc32c } from '#src/format/crc32c';

describe('crc32c', () => {
  it('gives the standard check value, but for the last inversion', () => {
    const text = new TextEncoder().encode('123456789');
    expect(~crc32c(new DataView(text.buffer), 0, text.length) >>> 0).to.equal(0xe3069283);
  });

  it('comes to what the definition, bit by bit, comes to: whatever the zeros in it and wherever it begins', () => {
    const runs = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 90 }),
        fc.nat(300).map((length) => new Uint8Array(length)),
      ),
    );
    fc.assert(
      fc.property(runs, fc.nat(70), (parts, begin) => {
        const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
        const from = Math.min(begin, bytes.length);
        expect(crc32c(new DataView(bytes.buffer), from, bytes.length)).to.equal(bitByBit(bytes.subarray(from)));
      }),
    );
  });
});

function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return crc >>> 0;
}
