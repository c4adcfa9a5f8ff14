import { COMMAND } from '@dmthin/kernel-ioctl';
import fc from 'fast-check';
import type { Action, CommandAction, Oddity, Selector } from '../action.ts';
import { selectors } from './names.ts';

const ranges = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('-', '0+100', '8+2000', '1+1') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '',
      '5',
      '5+',
      '+5',
      '5+0',
      '5+5x',
      'x+5',
      '0+\\ 7',
      '\\ 3+9',
      '--',
      '18446744073709551616+8',
      '1+18446744073709551615',
      '0+18446744073709551615',
      '4503599627370496+64',
    ),
  },
);
const steps = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('/1', '/3', '/4', '/7', '64', '100', '4096', '/4294967299') },
  { weight: 2, arbitrary: fc.constantFrom('0', '/0', '/4294967296', '/', 'x', '/x', '7/', '-8', '\\ 64', '/\\ 2') },
);
const features = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '0',
      '1 precise_timestamps',
      '1 PRECISE_timestamps',
      '1 histogram:5',
      '1 Histogram:5,10,18446744073709551615',
      '2 histogram:1,2 precise_timestamps',
      '2 precise_timestamps precise_timestamps',
      '4294967297 precise_timestamps',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '1',
      '2 precise_timestamps',
      '1 nope',
      '1 histogram:',
      '1 histogram:0',
      '1 histogram:5,5',
      '1 histogram:5,',
      '1 histogram:5\\ ,6',
      '1 histogram:x',
      '2 histogram:5 histogram:6',
    ),
  },
);
const programs = fc.constantFrom('', '', 'me', 'me aux', 'you more', '- -', 'm\\ e a\\\\x', 'me aux extra', '-5');
const creations = fc
  .tuple(ranges, steps, features, programs)
  .map((words) => `@stats_create ${words.filter((word) => word !== '').join(' ')}`);

const ids = fc.oneof(
  { weight: 8, arbitrary: fc.constant('0') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('99999', '-1', '-0', '+0', '00', '4294967296', '-4294967296', 'x', '0x', ''),
  },
);
const areas = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('0 1', '1 2', '- -', '- 1', '2 -', '99 1', '1 18446744073709551615', '0 0', '1', 'x 1'),
  },
);
/** To a region that was made just now: nothing was counted in it. */
const questions = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(ids, areas).map(([id, words]) => `@stats_print ${id} ${words}`) },
  { weight: 2, arbitrary: fc.tuple(ids, areas).map(([id, words]) => `@stats_print_clear ${id} ${words}`) },
  { weight: 2, arbitrary: ids.map((id) => `@stats_clear ${id}`) },
  {
    weight: 4,
    arbitrary: fc.constantFrom('', 'me', 'you', 'm\\ e', 'me you', '-').map((word) => `@stats_list ${word}`),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(ids, fc.constantFrom('', 'new', 'a b')).map(([id, aux]) => `@stats_set_aux ${id} ${aux}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('@STATS_LIST', '@stats', '@stats_create', ' @stats_list', '@stats_delete') },
);

const buffers: fc.Arbitrary<Oddity> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 338, max: 460 }), fc.nat(255))
      .map(([dataSize, leftovers]) => ({ dataSize, leftovers })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(305, 309, 313, 320, 400), fc.nat(255))
      .map(([dataStart, leftovers]) => ({ dataStart, leftovers })),
  },
);
const sectors = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0n) },
  fc.constantFrom(1n, 0x4142_4344_4546_4748n, (1n << 64n) - 1n),
);

/**
 * Regions for statistics of one device, and questions about them. Only region 0 is asked for its counters, and is made
 * anew before, so that it has counted nothing: how many I/Os there are is the page cache's own choice.
 */
export const countings: fc.Arbitrary<readonly Action[]> = fc
  .tuple(
    selectors,
    fc.array(fc.tuple(creations, buffers, sectors), { minLength: 1, maxLength: 2 }),
    fc.array(fc.tuple(questions, buffers, sectors), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('@stats_list', '@stats_delete 1', '@stats_delete 0', '@stats_delete x', '@stats_delete 1 1'),
  )
  .map(([selector, makings, asked, last]) => [
    said(selector, '@stats_delete 0'),
    ...makings.map(([text, oddity, sector]) => said(selector, text, oddity, sector)),
    ...asked.map(([text, oddity, sector]) => said(selector, text, oddity, sector)),
    said(selector, last),
  ]);

function said(selector: Selector, text: string, oddity: Oddity = {}, sector = 0n): CommandAction {
  return {
    kind: 'command',
    nr: COMMAND.message,
    selector,
    flags: 0,
    eventNumber: 0,
    payload: { kind: 'message', sector, text },
    oddity,
  };
}
