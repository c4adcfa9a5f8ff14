import { Refusal } from '../errno/refusal.ts';
import { scanSigned32, scanUnsigned64 } from '../table/numbers.ts';
import type { DeviceStats } from './device-stats.ts';
import type { Region } from './region.ts';
import { regionPlan } from './region-plan.ts';

/** What a message came to. Where `answer` is empty, nothing was written where it would be. */
interface Answered {
  readonly answer: string | undefined;
}

/** The device, and the bytes there are for an answer. */
interface Asked {
  readonly stats: DeviceStats;
  readonly deviceSectors: bigint;
  readonly room: number;
}

type Message = (asked: Asked, words: readonly string[]) => string | undefined;

const MESSAGES: Readonly<Record<string, Message>> = {
  // A buffer that has room for the message has room for the id.
  '@stats_create': ({ stats, deviceSectors }, words) => `${stats.create(regionPlan(words, deviceSectors))}`,
  '@stats_delete': ({ stats }, words) => {
    stats.delete(idOf(words, 1));
    return undefined;
  },
  '@stats_clear': ({ stats }, words) => {
    const region = stats.region(idOf(words, 1));
    region.clear(0, region.areas);
    return '';
  },
  '@stats_list': ({ stats }, words) => {
    if (words.length > 1) throw invalid('too many words');
    const [program] = words;
    return stats.regions
      .filter(({ plan }) => program === undefined || plan.programId === program)
      .map((region) => `${region.describe()}\n`)
      .join('');
  },
  '@stats_print': ({ stats, room }, words) => print(stats, words, room).text,
  '@stats_print_clear': ({ stats, room }, words) => {
    const { text, region, from, to } = print(stats, words, room);
    if (text === '' || !overflows(text, room)) region.clear(from, to);
    return text;
  },
  '@stats_set_aux': ({ stats }, words) => {
    const region = stats.region(idOf(words, 2));
    region.auxData = words[1] as string;
    return undefined;
  },
};

/**
 * A message to the device's statistics (Documentation/admin-guide/device-mapper/statistics.rst); undefined where it is
 * none.
 * @throws Refusal EINVAL: wrong words. ENOENT: no such region. EOVERFLOW, ENOMEM: too many areas.
 */
export function statsMessage(asked: Asked, words: readonly string[]): Answered | undefined {
  const [command = '', ...rest] = words;
  const message = MESSAGES[command.toLowerCase()];
  return message === undefined ? undefined : { answer: message(asked, rest) };
}

/** Lines for as many areas as there is room for. */
function print(
  stats: DeviceStats,
  words: readonly string[],
  room: number,
): { readonly text: string; readonly region: Region; readonly from: number; readonly to: number } {
  if (words.length !== 1 && words.length !== 3) throw invalid('an area needs both its first and their number');
  const id = idOf(words.slice(0, 1), 1);
  const first = numberOf(words[1], 0n);
  const count = numberOf(words[2], (1n << 64n) - 1n);
  const region = stats.region(id);
  const { areas } = region;
  const end = first + count;
  const to = end >= 1n << 64n || end > BigInt(areas) ? areas : Number(end);
  const from = first > BigInt(to) ? to : Number(first);
  let text = '';
  for (let area = from; area < to && (text === '' || !overflows(text, room)); area++) text += `${region.print(area)}\n`;
  return { text, region, from, to };
}

/** With its NUL, and one byte to spare (dm_message_test_buffer_overflow). */
function overflows(text: string, room: number): boolean {
  return text.length + 1 >= room;
}

function idOf(words: readonly string[], count: number): number {
  const id = words.length === count ? scanSigned32(words[0] as string) : undefined;
  if (id === undefined || id < 0) throw invalid('no id of a region');
  return id;
}

function numberOf(word: string | undefined, otherwise: bigint): bigint {
  if (word === undefined || word === '-') return otherwise;
  const number = scanUnsigned64(word);
  if (number === undefined) throw invalid(`no number of an area: ${word}`);
  return number;
}

function invalid(why: string): Refusal {
  return new Refusal('EINVAL', `Invalid parameters for a statistics message: ${why}`);
}
