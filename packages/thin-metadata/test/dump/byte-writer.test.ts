import { expect } from 'chai';
import fc from 'fast-check';
import { ByteWriter, piece } from '#src/dump/byte-writer';

describe('ByteWriter', () => {
  it('writes what a string of the same pieces has, whatever the capacity', () => {
    const number = fc.oneof(
      fc.nat(20),
      fc.nat(),
      fc.maxSafeNat(),
      fc.constantFrom(9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1),
    );
    const part = fc.oneof(number, fc.string({ maxLength: 600, size: 'max', unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(part, { size: 'large' }), fc.integer({ min: 1, max: 500 }), (parts, capacity) => {
        const out = new ByteWriter(capacity);
        const chunks: Uint8Array[] = [];
        for (const one of parts) {
          if (typeof one === 'number') out.number(one);
          else if (one.length < 40) out.write(piece(one));
          else out.text(one);
          if (out.isFull) chunks.push(out.take());
        }
        chunks.push(out.take());
        expect(Buffer.concat(chunks)).to.deep.equal(Buffer.from(parts.join('')));
      }),
    );
  });
});
