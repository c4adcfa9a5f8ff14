import { codeOf, recordsConformance } from '@dmthin/conformance';
import { bytes, DmError, thinId, transactionId, volumeId } from '@dmthin/domain';
import { createMemoryRecords, createMemoryStore } from '@dmthin/records-memory';
import { expect } from 'chai';

const VOLUME = {
  volume: volumeId('a1'),
  thinId: thinId(1),
  size: bytes(512),
  transactionId: transactionId(1n),
  isInitialized: false,
  isDeleted: false,
};

recordsConformance('memory', {
  create: async () => {
    const store = createMemoryStore();
    let left = Number.POSITIVE_INFINITY;
    let hasHappened = false;
    store.beforeChange = () => {
      if (left-- > 0) return;
      hasHappened = true;
      throw new Error('the process is dead');
    };
    return {
      open: async () => createMemoryRecords(store),
      crash: {
        after: (steps) => {
          left = steps;
          hasHappened = false;
        },
        get hasHappened() {
          return hasHappened;
        },
        recover: async () => {
          left = Number.POSITIVE_INFINITY;
          store.crash();
        },
      },
      dispose: async () => store.crash(),
    };
  },
});

describe('memory records', () => {
  it('are let go by a crash, and refuse whoever had them', async () => {
    const store = createMemoryStore();
    const dead = createMemoryRecords(store);
    await dead.saveVolume(VOLUME);
    store.crash();
    const next = createMemoryRecords(store);
    expect((await next.load()).volumes).to.deep.equal([VOLUME]);
    expect(await codeOf(dead.removeVolume(VOLUME.volume))).to.equal('CLOSED');
    await dead.close();
    expect(() => createMemoryRecords(store)).to.throw(DmError, 'held by this process');
  });

  it('give a test the say over each change', async () => {
    const seen: string[] = [];
    const store = createMemoryStore((change) => {
      seen.push(change);
      if (change === 'removeVolume') throw new DmError('NO_SPACE', 'the disk is full');
    });
    const records = createMemoryRecords(store);
    await records.saveVolume(VOLUME);
    expect(await codeOf(records.removeVolume(VOLUME.volume))).to.equal('NO_SPACE');
    expect((await records.load()).volumes).to.deep.equal([VOLUME]);
    expect(seen).to.deep.equal(['saveVolume', 'removeVolume']);
  });

  it('report what a test says is broken, once', async () => {
    const store = createMemoryStore();
    store.broken = [{ name: 'a2', setAsideAs: 'nowhere', reason: 'it is empty' }];
    const records = createMemoryRecords(store);
    expect((await records.load()).broken).to.have.lengthOf(1);
    expect((await records.load()).broken).to.deep.equal([]);
  });
});
