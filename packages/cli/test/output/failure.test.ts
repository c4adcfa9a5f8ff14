import { exitStatusOf, formatFailure, toJson } from '@dmthin/cli';
import { DmError } from '@dmthin/domain';
import { expect } from 'chai';

describe('formatFailure', () => {
  const error = new DmError('NO_SPACE', 'cannot snapshot "b" from "a": the pool is full', {
    errno: 'ENOSPC',
    subject: 'b',
    remedy: 'Remove layers.',
    undoError: new Error('still busy'),
  });

  it('says what failed, what undoing it met, and what to do', () => {
    expect(formatFailure(error, false, false).split('\n')).to.deep.equal([
      'dmthin: cannot snapshot "b" from "a": the pool is full',
      '        Taking it back failed too: still busy',
      '        Remove layers.',
    ]);
    expect(exitStatusOf(error)).to.equal(6);
  });

  it('is JSON with its code for programs', () => {
    const { error: described } = JSON.parse(formatFailure(error, true, false)) as { error: Record<string, unknown> };
    expect(described).to.include({ code: 'NO_SPACE', errno: 'ENOSPC', subject: 'b', undoError: 'still busy' });
  });

  it('owns up to a defect', () => {
    expect(formatFailure(new TypeError('x is undefined'), false, false)).to.include('a defect of dmthin');
    expect(exitStatusOf(new TypeError('x'))).to.equal(1);
  });
});

describe('toJson', () => {
  it('writes sizes as numbers, and never rounds one', () => {
    expect(toJson({ size: 10n, huge: 2n ** 60n })).to.equal('{"size":10,"huge":"1152921504606846976"}');
  });
});
