import { formatThinStatus, parseThinStatus, sectors, type ThinStatus } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf } from '../code-of.ts';

const counts = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(sectors);
const thinStatuses: fc.Arbitrary<ThinStatus> = fc.oneof(
  fc.constantFrom<ThinStatus>({ kind: 'fail' }, { kind: 'error' }, { kind: 'not-open' }),
  fc.record({ kind: fc.constant('ok'), mapped: counts, highest: fc.option(counts, { nil: undefined }) }),
);

describe('thin status line', () => {
  it('reads every form the kernel prints', () => {
    expect(parseThinStatus('256 383')).to.deep.equal({ kind: 'ok', mapped: 256n, highest: 383n });
    expect(parseThinStatus('0 -')).to.deep.equal({ kind: 'ok', mapped: 0n, highest: undefined });
    expect(parseThinStatus('128 -')).to.deep.equal({ kind: 'ok', mapped: 128n, highest: undefined });
    expect(parseThinStatus('Fail')).to.deep.equal({ kind: 'fail' });
    expect(parseThinStatus('Error')).to.deep.equal({ kind: 'error' });
    expect(parseThinStatus('-')).to.deep.equal({ kind: 'not-open' });
  });

  it('gives back every status it prints', () => {
    fc.assert(
      fc.property(thinStatuses, (status) => {
        expect(parseThinStatus(formatThinStatus(status))).to.deep.equal(status);
      }),
    );
  });

  it('refuses anything else', () => {
    for (const text of ['', '0', '- -', '- 5', '0 - 5', '0 0 0', '-1 -', 'fail', '0x1 5', '1.5 2'])
      expect(
        codeOf(() => parseThinStatus(text)),
        text,
      ).to.equal('CORRUPT');
    fc.assert(fc.property(fc.string(), (text) => ['CORRUPT', 'none'].includes(codeOf(() => parseThinStatus(text)))));
  });
});
