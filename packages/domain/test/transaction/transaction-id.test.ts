import { nextTransactionId, openIntent, thinId, transactionId, volumeId } from '@dmthin/domain';
import { expect } from 'chai';
import { codeOf } from '../code-of.ts';

describe('transaction id', () => {
  it('is 64 bits unsigned', () => {
    const last = (1n << 64n) - 1n;
    expect(transactionId(last)).to.equal(last);
    expect(transactionId(7)).to.equal(7n);
    expect(codeOf(() => transactionId(last + 1n))).to.equal('INVALID_ARGUMENT');
    expect(codeOf(() => transactionId(-1))).to.equal('INVALID_ARGUMENT');
    expect(codeOf(() => transactionId(0.5))).to.equal('INVALID_ARGUMENT');
    expect(codeOf(() => nextTransactionId(transactionId(last)))).to.equal('INVALID_ARGUMENT');
  });

  it('moves by one with a change', () => {
    const intent = openIntent(transactionId(7), volumeId('a'), thinId(3));
    expect(intent).to.deep.equal({ transactionId: 8n, volume: 'a', thinId: 3 });
  });
});
