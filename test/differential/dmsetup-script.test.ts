import { COMMAND, FLAG } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import type { Action, CommandAction } from './action.ts';
import { dmsetupScript } from './dmsetup-script.ts';
import { callsOf } from './resolve.ts';

function script(...actions: readonly Action[]): readonly string[] {
  const calls = actions.flatMap((action) => callsOf(action, 254, () => '254:3'));
  return dmsetupScript([], calls).trimEnd().split('\n').slice(1);
}

function command(nr: number, more: Partial<CommandAction> = {}): Action {
  return {
    kind: 'command',
    nr,
    selector: { name: 'p 1' },
    flags: 0,
    eventNumber: 0,
    payload: { kind: 'none' },
    oddity: {},
    ...more,
  };
}

describe('a sequence as a dmsetup script', () => {
  it('creates, loads and resumes', () => {
    const lines = [
      { length: 8n, type: 'zero', params: '' },
      { length: 16n, type: 'linear', params: '<a> 8' },
    ];
    expect(script({ kind: 'bring', name: 'a', uuid: 'u', flags: FLAG.readOnly, lines })).to.deep.equal([
      'dmsetup create a --notable --uuid u',
      "dmsetup load a --readonly --table '0 8 zero \n8 16 linear 254:3 8'".split('\n')[0],
      "8 16 linear 254:3 8'",
      'dmsetup resume a',
    ]);
  });

  it('says the rest in its options', () => {
    expect(
      script(
        command(COMMAND.suspend, { flags: FLAG.suspend | FLAG.noFlush }),
        command(COMMAND.message, { payload: { kind: 'message', sector: 0n, text: 'create_thin 1' } }),
        command(COMMAND.tableStatus, { flags: FLAG.queryInactive }),
        command(COMMAND.remove, { selector: { device: 'x' }, flags: FLAG.deferredRemove }),
        command(99),
        { kind: 'sleep', ms: 1150 },
        { kind: 'io', op: 'discard', dev: '254:1', offset: 65_536, length: 4096, seed: 0 },
      ),
    ).to.deep.equal([
      "dmsetup suspend 'p 1' --noflush",
      "dmsetup message 'p 1' 0 'create_thin 1'",
      "dmsetup status 'p 1' --inactive",
      'dmsetup remove -j 254 -m 3 --deferred',
      '# ioctl 99 version=4.0.0 data_size=16384 data_start=312 name="p 1"',
      'sleep 1.15',
      'blkdiscard -o 65536 -l 4096 /dev/block/254:1',
    ]);
  });
});
