import { deviceName, parsePoolStatus, poolTroubles } from '@dmthin/domain';
import { expect } from 'chai';

const told = (line: string): readonly string[] => poolTroubles(deviceName('docker-thinpool'), parsePoolStatus(line));
const ok = (mode: string, check = '-'): string =>
  `3 10/1000 900/1000 - ${mode} discard_passdown queue_if_no_space ${check} 1024 `;

describe('the troubles of a pool', () => {
  it('are none where it takes changes and writes, however little is free', () => {
    expect(told(ok('rw'))).to.deep.equal([]);
  });

  for (const [line, says, remedy] of [
    [ok('ro'), 'is read-only, or out of metadata space', 'dmthin pool resize --metadata'],
    [ok('rw', 'needs_check'), 'its metadata needs a check', 'dmthin metadata check'],
    [ok('out_of_data_space'), 'is out of data space', 'until it is grown'],
    ['Fail', 'is in Fail mode', 'open the root again'],
    ['Error', 'cannot read its own counters', 'kernel log'],
  ] as const)
    it(`say what is so and what helps: ${says}`, () => {
      const [sentence = '', ...others] = told(line);
      expect(sentence).to.include('pool docker-thinpool').and.include(says).and.include(remedy);
      expect(others).to.deep.equal([]);
    });
});
