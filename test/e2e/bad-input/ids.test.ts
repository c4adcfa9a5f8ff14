import type { GraphDriver } from 'dmthin';
import { describeRefusals, type Refused } from './refusals.ts';

const RULE = 'Use 1 to 80 letters, digits and _ . + @ = -, beginning with a letter or digit.';

interface BadId {
  readonly what: string;
  readonly id: string;
  readonly says: string;
  readonly remedy: string;
}

const BAD_IDS: readonly BadId[] = [
  { what: 'with a slash', id: 'a/b', says: 'has a character that is not allowed: "/"', remedy: RULE },
  { what: 'that climbs', id: '../os', says: 'not allowed: "/"', remedy: RULE },
  { what: 'that is the directory above', id: '..', says: 'id ".." begins with "."', remedy: RULE },
  { what: 'with a NUL', id: 'a\0b', says: 'id "a\\u0000b" has a character that is not allowed', remedy: RULE },
  { what: 'with a newline', id: 'a\nb', says: 'id "a\\nb" has a character that is not allowed', remedy: RULE },
  { what: 'of 300 bytes', id: 'x'.repeat(300), says: 'is 300 characters long, 80 are allowed', remedy: RULE },
  { what: 'of 81 bytes', id: 'x'.repeat(81), says: 'is 81 characters long', remedy: RULE },
  { what: 'beyond ASCII', id: 'été', says: 'not allowed: "é"', remedy: RULE },
  { what: 'that is empty', id: '', says: 'is empty', remedy: RULE },
  ...['base', 'pool', 'deviceset-metadata', 'transaction-metadata'].map((id) => ({
    what: `${id}, which is reserved`,
    id,
    says: `id "${id}" is reserved`,
    remedy: `base, pool, deviceset-metadata, transaction-metadata are reserved, but ${id}-1 is not`,
  })),
  { what: 'with a reserved ending', id: 'web.migrated', says: 'ends in .migrated', remedy: 'web-migrated, say' },
];

/** Whatever takes an id, in code and as a verb. */
const DOORS: readonly { how: string; call: (driver: GraphDriver, id: string) => Promise<unknown> }[] = [
  { how: 'created', call: (driver, id) => driver.create(id) },
  { how: 'used as a parent', call: (driver, id) => driver.create('new', { parent: id }) },
  { how: 'removed', call: (driver, id) => driver.remove(id) },
  { how: 'mounted', call: (driver, id) => driver.mount(id) },
  { how: 'unmounted', call: (driver, id) => driver.unmount(id) },
  { how: 'inspected', call: async (driver, id) => driver.metadata(id) },
  { how: 'compared', call: (driver, id) => driver.changes(id, 'os') },
  { how: 'packed', call: async (driver, id) => driver.diff(id)[Symbol.asyncIterator]().next() },
  { how: 'filled', call: (driver, id) => driver.applyDiff(id, nothing()) },
];

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** An empty parent is none, as Docker writes it. */
const isMeant = (how: string, id: string): boolean => how === 'used as a parent' && id === '';

describeRefusals('an id', [
  ...BAD_IDS.flatMap(({ what, id, says, remedy }) =>
    DOORS.filter(({ how }) => !isMeant(how, id)).map(
      ({ how, call }): Refused => ({
        what: `${what} is not ${how}`,
        call: (driver) => call(driver, id),
        code: 'INVALID_ARGUMENT',
        says: [says],
        remedy,
      }),
    ),
  ),
  // No argument of a process has a NUL in it.
  ...BAD_IDS.filter(({ id }) => !id.includes('\0')).map(
    ({ what, id, says, remedy }): Refused => ({
      what: `${what} is not created`,
      words: ['create', id],
      code: 'INVALID_ARGUMENT',
      says: [says],
      remedy,
    }),
  ),
  ...[
    ['rm'],
    ['mount'],
    ['umount'],
    ['inspect'],
    ['changes'],
    ['diff'],
    ['export'],
    ['apply'],
    ['create', 'new', '--parent'],
  ].map(
    (words): Refused => ({
      what: `that climbs is refused by ${words.join(' ')}`,
      words: [...words, '../../etc'],
      code: 'INVALID_ARGUMENT',
      says: ['"../../etc"'],
      remedy: RULE,
    }),
  ),
]);
