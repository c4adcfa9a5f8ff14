import { formatPoolStatus, parsePoolStatus } from '@dmthin/domain';
import { expect } from 'chai';
import fc from 'fast-check';
import { codeOf, errorOf } from '../code-of.ts';
import { poolStatuses } from './pool-statuses.ts';

// Printed by Linux 6.1 for a fresh pool of 2 MiB metadata and 1024 blocks (dm-kernel.md 3.4).
const FRESH = '0 60/512 0/1024 - rw discard_passdown queue_if_no_space - 128 ';

describe('pool status line', () => {
  it('reads what a fresh pool prints', () => {
    expect(parsePoolStatus(FRESH)).to.deep.equal({
      kind: 'ok',
      transactionId: 0n,
      metadata: { used: 60n, total: 512n },
      data: { used: 0n, total: 1024n },
      heldRoot: undefined,
      mode: 'rw',
      discard: 'discard_passdown',
      onNoSpace: 'queue_if_no_space',
      needsCheck: false,
      metadataLowWater: 128n,
    });
  });

  it('reads a pool in trouble: read-only, to be checked, with a metadata snapshot', () => {
    const status = parsePoolStatus('7 512/512 3/4 61 ro no_discard_passdown error_if_no_space needs_check 128 ');
    expect(status).to.include({ mode: 'ro', needsCheck: true, heldRoot: 61n, onNoSpace: 'error_if_no_space' });
    expect(parsePoolStatus(FRESH.replace('rw', 'out_of_data_space'))).to.include({ mode: 'out_of_data_space' });
  });

  it('reads the two words that stand for a whole line', () => {
    expect(parsePoolStatus('Fail')).to.deep.equal({ kind: 'fail' });
    expect(parsePoolStatus('Error')).to.deep.equal({ kind: 'error' });
  });

  it('gives back every status it prints, and prints every line it reads', () => {
    fc.assert(
      fc.property(poolStatuses, (status) => {
        const line = formatPoolStatus(status);
        expect(parsePoolStatus(line)).to.deep.equal(status);
        expect(formatPoolStatus(parsePoolStatus(line))).to.equal(line);
        expect(parsePoolStatus(line.trimEnd())).to.deep.equal(status);
      }),
    );
    expect(formatPoolStatus(parsePoolStatus(FRESH))).to.equal(FRESH);
  });

  it('reads the shorter lines of older kernels as the only thing they could mean, and ignores the words of newer ones', () => {
    const full = parsePoolStatus(FRESH);
    for (const words of [4, 5, 6, 7, 8])
      expect(parsePoolStatus(FRESH.split(' ').slice(0, words).join(' '))).to.deep.equal({
        ...full,
        metadataLowWater: undefined,
      });
    expect(parsePoolStatus(`${FRESH}brand_new 5 `)).to.deep.equal(full);
  });

  it('refuses what is no such line, and quotes it', () => {
    const spoiled = [
      ...['', ' ', 'fail', 'Fail now', 'x', '0', '0 60/512', '0 60/512 0/1024', '-1 60/512 0/1024 - rw'],
      ...[
        '0 60 0/1024 - rw',
        '0 60/512/3 0/1024 - rw',
        '0 60/512 0/1024 x rw',
        '0 60/512 0/1024 - RW',
        '0 /512 0/1024 -',
      ],
      ...[FRESH.replace('- 128', 'check 128'), FRESH.replace('128', '1e3'), FRESH.replace('queue', 'drop')],
      ...[`${1n << 64n} 60/512 0/1024 - rw`, FRESH.replace('discard_passdown', 'discard')],
    ];
    for (const text of spoiled) {
      expect(
        codeOf(() => parsePoolStatus(text)),
        text,
      ).to.equal('CORRUPT');
      expect(errorOf(() => parsePoolStatus(text))?.message).to.include(JSON.stringify(text));
    }
  });

  it('throws nothing but its own error, whatever it is given', () => {
    fc.assert(fc.property(fc.string(), (text) => ['CORRUPT', 'none'].includes(codeOf(() => parsePoolStatus(text)))));
  });
});
