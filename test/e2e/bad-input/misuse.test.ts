import type { GraphDriver } from 'dmthin';
import { describeRefusals, type Refused } from './refusals.ts';

const LS = 'dmthin ls';

const UNKNOWN: readonly { what: string; call: (driver: GraphDriver) => Promise<unknown>; words: readonly string[] }[] =
  [
    {
      what: 'made from',
      call: (driver) => driver.create('new', { parent: 'gone' }),
      words: ['create', 'new', '--parent', 'gone'],
    },
    {
      what: 'imported onto',
      call: (driver) => driver.create('new', { parent: 'gone' }),
      words: ['import', 'new', '-', '--parent', 'gone'],
    },
    { what: 'mounted', call: (driver) => driver.mount('gone'), words: ['mount', 'gone'] },
    { what: 'unmounted', call: (driver) => driver.unmount('gone'), words: ['umount', 'gone'] },
    { what: 'inspected', call: async (driver) => driver.layer('gone'), words: ['inspect', 'gone'] },
    { what: 'measured', call: (driver) => driver.usage('gone'), words: ['inspect', 'gone'] },
    { what: 'compared', call: (driver) => driver.changes('gone', 'os'), words: ['changes', 'gone'] },
    {
      what: 'compared with',
      call: (driver) => driver.changes('web', 'gone'),
      words: ['changes', 'web', '--parent', 'gone'],
    },
    {
      what: 'packed',
      call: async (driver) => driver.diff('gone')[Symbol.asyncIterator]().next(),
      words: ['diff', 'gone'],
    },
    { what: 'exported', call: (driver) => driver.diffSize('gone'), words: ['export', 'gone'] },
    { what: 'filled', call: (driver) => driver.applyDiff('gone', nothing()), words: ['apply', 'gone'] },
  ];

async function* nothing(): AsyncGenerator<Uint8Array> {}

describeRefusals('a layer that is not there is not', [
  ...UNKNOWN.map(
    ({ what, call, words }): Refused => ({
      what,
      call,
      words,
      code: 'NOT_FOUND',
      status: 3,
      says: ['Unknown device gone'],
      remedy: LS,
    }),
  ),
  {
    what: 'removed by the command',
    words: ['rm', 'gone'],
    code: 'NOT_FOUND',
    status: 3,
    says: ['no layer "gone"'],
    remedy: LS,
  },
]);

describeRefusals('a layer', [
  {
    what: 'is not made twice',
    call: (driver) => driver.create('web', { parent: 'os' }),
    words: ['create', 'web', '--parent', 'os'],
    code: 'ALREADY_EXISTS',
    status: 4,
    says: ['layer "web" is there already'],
    remedy: 'dmthin rm web',
  },
  {
    what: 'is not made over another by an import',
    words: ['import', 'web', '-'],
    code: 'ALREADY_EXISTS',
    status: 4,
    says: ['layer "web" is there already'],
    remedy: 'dmthin rm web',
  },
  {
    what: 'is not made from itself',
    call: (driver) => driver.create('new', { parent: 'new' }),
    words: ['create', 'new', '--parent', 'new'],
    code: 'NOT_FOUND',
    status: 3,
    says: ['Unknown device new'],
    remedy: LS,
  },
  {
    what: 'is not unmounted without a mount',
    call: (driver) => driver.unmount('web'),
    words: ['umount', 'web'],
    code: 'INVALID_ARGUMENT',
    says: ['layer "web" is not mounted'],
    remedy: 'gives back one mount',
  },
]);
