import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore, MemoryStore } from '@dmthin/kernel-fake';
import { expect } from 'chai';
import fc from 'fast-check';

const SIZE = 300 * 1024;

/** What a store holds, kept the plain way. */
type Step =
  | { readonly kind: 'write'; readonly offset: number; readonly length: number; readonly byte: number }
  | { readonly kind: 'discard'; readonly offset: number; readonly length: number };

const steps = fc.array(
  fc
    .record({
      kind: fc.constantFrom('write' as const, 'discard' as const),
      offset: fc.nat(SIZE - 1),
      length: fc.nat(SIZE),
      byte: fc.integer({ min: 1, max: 255 }),
    })
    .map((step): Step => ({ ...step, length: Math.min(step.length, SIZE - step.offset) })),
  { maxLength: 12 },
);

describe('block stores', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stores-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('read back what was written, and zeros where nothing was or it was discarded', () => {
    let count = 0;
    fc.assert(
      fc.property(steps, (all) => {
        const file = new FileStore(join(folder, `disk${count++}`), { size: SIZE });
        const memory = new MemoryStore(SIZE);
        const plain = new Uint8Array(SIZE);
        for (const step of all) {
          const data = new Uint8Array(step.length).fill(step.kind === 'write' ? step.byte : 0);
          plain.set(data, step.offset);
          for (const store of [file, memory])
            if (step.kind === 'write') store.write(step.offset, data);
            else store.discard(step.offset, step.length);
        }
        expect(Buffer.compare(memory.read(0, SIZE), plain)).to.equal(0);
        expect(Buffer.compare(file.read(0, SIZE), plain)).to.equal(0);
        file.close();
      }),
      { numRuns: 60 },
    );
  });

  it('take room only for what is written', () => {
    const memory = new MemoryStore(2 ** 40);
    memory.write(2 ** 39, new Uint8Array(4096).fill(1));
    expect(memory.allocated).to.equal(64 * 1024);
    memory.discard(0, 2 ** 40);
    expect(memory.allocated).to.equal(0);

    const file = new FileStore(join(folder, 'sparse'), { size: 2 ** 30 });
    file.write(2 ** 29, new Uint8Array(4096).fill(1));
    file.discard(2 ** 29, 2 ** 29);
    expect(statSync(file.path).blocks).to.equal(0);
    file.close();
  });

  it('keep a file as it was when it is opened again, and make it longer where asked', () => {
    const first = new FileStore(join(folder, 'disk'), { size: 4096 });
    first.write(512, new Uint8Array([7]));
    first.close();
    const again = new FileStore(join(folder, 'disk'), { size: 8192 });
    expect(again.size).to.equal(8192);
    expect(again.read(512, 1)[0]).to.equal(7);
    again.close();
  });

  it('say which file cannot be opened', () => {
    expect(() => new FileStore(join(folder, 'nowhere', 'disk')))
      .to.throw(/nowhere/u)
      .with.property('code', 'NOT_FOUND');
  });
});
