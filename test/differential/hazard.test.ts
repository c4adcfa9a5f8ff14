import { COMMAND, FLAG } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';
import type { TraceHeader } from '../trace/call.ts';
import { DISKS } from '../trace/disks.ts';
import { fakeMachine } from '../trace/fake-machine.ts';
import type { Action, CommandAction } from './action.ts';
import { hazardOf } from './hazard.ts';
import { callsOf } from './resolve.ts';
import { Scene } from './scene.ts';

const HEADER: TraceHeader = { release: '6.1.176', major: 254, seed: 1, disks: DISKS };

function command(nr: number, name: string, more: Partial<CommandAction> = {}): Action {
  return {
    kind: 'command',
    nr,
    selector: { name },
    flags: 0,
    eventNumber: 0,
    payload: { kind: 'none' },
    oddity: {},
    ...more,
  };
}

function bring(name: string, length: bigint, type: string, params: string): Action {
  return { kind: 'bring', name, uuid: '', flags: 0, lines: [{ length, type, params }] };
}

function load(name: string, length: bigint, type: string, params: string): Action {
  return command(COMMAND.load, name, { payload: { kind: 'table', lines: [{ length, type, params }], gap: 0 } });
}

const suspend = (name: string): Action => command(COMMAND.suspend, name, { flags: FLAG.suspend });
const resume = (name: string): Action => command(COMMAND.suspend, name);
const read = (dev: string): Action => ({ kind: 'io', op: 'read', dev, offset: 0, length: 4096, seed: 0 });
const write = (dev: string): Action => ({ ...read(dev), op: 'write' }) as Action;

/** What is said of `last`, once all before it was done. */
async function hazardAfter(before: readonly Action[], last: Action): Promise<string | undefined> {
  const machine = fakeMachine(HEADER);
  const scene = new Scene(machine, HEADER.major);
  const calls = (action: Action) => callsOf(action, HEADER.major, (name) => scene.named(name)?.number);
  for (const action of before)
    for (const call of calls(action)) {
      await machine.play(call);
      await scene.refresh();
    }
  const [call] = calls(last);
  return call && hazardOf(call, scene);
}

const POOL = [
  bring('a', 4096n, 'linear', '7:1 0'),
  bring('p1', 2048n, 'thin-pool', '<a> 7:0 128 0'),
  command(COMMAND.message, 'p1', { payload: { kind: 'message', sector: 0n, text: 'create_thin 1' } }),
  bring('t1', 2048n, 'thin', '<p1> 1'),
];

describe('what must not be asked of a real kernel', () => {
  const cases: readonly (readonly [what: string, before: readonly Action[], last: Action])[] = [
    ['to wait for an event', [bring('b', 8n, 'zero', '')], command(COMMAND.wait, 'b')],
    ['to let a device stand on itself', [bring('b', 8n, 'zero', ''), load('b', 8n, 'linear', '<b> 0')], resume('b')],
    ['I/O to a suspended device', [bring('b', 8n, 'zero', ''), suspend('b')], read('<b>')],
    ['I/O to a thin device of a suspended pool', [...POOL, suspend('p1')], read('<t1>')],
    ['to suspend a thin device of a suspended pool', [...POOL, suspend('p1')], suspend('t1')],
    [
      'to suspend a pool that stands on a device with a thin table of its own',
      [...POOL, load('a', 4096n, 'thin', '<p1> 1')],
      suspend('p1'),
    ],
    [
      'to resume such a pool with another table',
      [...POOL, load('a', 4096n, 'thin', '<p1> 1'), load('p1', 4096n, 'thin-pool', '<a> 7:0 128 0')],
      resume('p1'),
    ],
    ['a message to a pool on a suspended device', [...POOL, suspend('a')], command(COMMAND.message, 'p1')],
    ['to remove all while a pool cannot commit', [...POOL, suspend('a')], command(COMMAND.removeAll, '')],
    ['to sleep while a pool cannot commit', [...POOL, suspend('a')], { kind: 'sleep', ms: 1150 }],
    ['to write to the metadata of a pool', POOL, write('7:1')],
    ['to write to it through another device', [...POOL, bring('c', 128n, 'linear', '7:1 0')], write('<c>')],
    [
      'a second pool on that metadata',
      [...POOL, command(COMMAND.create, 'p2')],
      load('p2', 512n, 'thin-pool', '7:1 7:0 128 0'),
    ],
    ['to take the table from a pool in use', [...POOL, load('p1', 2048n, 'error', '')], resume('p1')],
    [
      'an external origin on the same thin device',
      [...POOL, command(COMMAND.create, 't2')],
      load('t2', 2048n, 'thin', '<p1> 1 <t1>'),
    ],
  ];
  for (const [what, before, last] of cases)
    it(what, async () => {
      expect(await hazardAfter(before, last)).to.be.a('string');
    });

  const harmless: readonly (readonly [what: string, before: readonly Action[], last: Action])[] = [
    ['to wait for an event that was', [bring('b', 8n, 'zero', '')], command(COMMAND.wait, 'b', { eventNumber: 7 })],
    ['to load what stands on itself', [bring('b', 8n, 'zero', '')], load('b', 8n, 'linear', '<b> 0')],
    ['to resume what a pool stands on', [...POOL, suspend('a')], resume('a')],
    ['to write to a thin device', POOL, write('<t1>')],
    ['to write to what a pool was on', [...POOL, command(COMMAND.removeAll, '')], write('7:1')],
    ['to remove a thin device of a suspended pool', [...POOL, suspend('p1')], command(COMMAND.remove, 't1')],
  ];
  for (const [what, before, last] of harmless)
    it(`but it may be asked ${what}`, async () => {
      expect(await hazardAfter(before, last)).to.equal(undefined);
    });
});
