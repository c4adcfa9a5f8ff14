import { Refusal } from '../errno/refusal.ts';
import { scanUnsigned32, scanUnsigned64 } from '../table/numbers.ts';

/** What `@stats_create` asks for: a piece of the device, in sectors, cut into areas of `step`; the last may be shorter. */
export interface RegionPlan {
  readonly start: bigint;
  readonly end: bigint;
  readonly step: bigint;
  /** Times are told in nanoseconds instead of milliseconds. */
  readonly isPrecise: boolean;
  /** Of a histogram of latencies, ascending; none where there is no histogram. */
  readonly boundaries: readonly bigint[];
  readonly programId: string;
  readonly auxData: string;
}

const U64 = 1n << 64n;
const RANGE = /^([ \t\n\v\f\r\xa0]*\d+)\+([ \t\n\v\f\r\xa0]*\d+)$/u;
const HISTOGRAM = 'histogram:';

/**
 * Reads `<range> <step> [<#features> <feature>...] [<program id> [<aux data>]]` (message_stats_create). The range is `-`
 * for the whole device or `<start>+<length>`, the step a number of sectors or `/<number of areas>`.
 * @throws Refusal EINVAL: it is none.
 */
export function regionPlan(words: readonly string[], deviceSectors: bigint): RegionPlan {
  const [rangeWord, stepWord, ...rest] = words;
  if (rangeWord === undefined || stepWord === undefined) throw invalid('too few words');
  const { start, end } = rangeOf(rangeWord, deviceSectors);
  const step = stepOf(stepWord, end - start);
  const { isPrecise, boundaries, count } = featuresOf(rest);
  const [programId = '-', auxData = '-', ...tooMany] = rest.slice(count);
  if (tooMany.length > 0) throw invalid('too many words');
  return { start, end, step, isPrecise, boundaries, programId, auxData };
}

function rangeOf(word: string, deviceSectors: bigint): { readonly start: bigint; readonly end: bigint } {
  if (word === '-') return { start: 0n, end: deviceSectors === 0n ? 1n : deviceSectors };
  const [, first = '', second = ''] = RANGE.exec(word) ?? [];
  const start = scanUnsigned64(first);
  const length = scanUnsigned64(second);
  if (start === undefined || length === undefined) throw invalid(`no range: ${word}`);
  const end = (start + length) % U64;
  if (start >= end) throw invalid(`an empty range: ${word}`);
  return { start, end };
}

function stepOf(word: string, length: bigint): bigint {
  const areas = word.startsWith('/') ? scanUnsigned32(word.slice(1)) : undefined;
  const step = areas === undefined ? scanUnsigned64(word) : areas === 0 ? 0n : divided(length, BigInt(areas));
  if (step === undefined || step === 0n) throw invalid(`no step: ${word}`);
  return step;
}

interface Features {
  readonly isPrecise: boolean;
  readonly boundaries: readonly bigint[];
  /** How many words they are, their number included. */
  readonly count: number;
}

function featuresOf(words: readonly string[]): Features {
  const count = words[0] === undefined ? undefined : scanUnsigned32(words[0]);
  let isPrecise = false;
  let boundaries: readonly bigint[] = [];
  for (let at = 1; at <= (count ?? 0); at++) {
    const word = words[at]?.toLowerCase();
    if (word === 'precise_timestamps') isPrecise = true;
    else if (word?.startsWith(HISTOGRAM) === true && boundaries.length === 0)
      boundaries = boundariesOf(word.slice(HISTOGRAM.length));
    else throw invalid(`no feature: ${words[at]}`);
  }
  return { isPrecise, boundaries, count: count === undefined ? 0 : count + 1 };
}

function boundariesOf(text: string): readonly bigint[] {
  let last = 0n;
  return text.split(',').map((word) => {
    const boundary = scanUnsigned64(word);
    if (boundary === undefined || boundary <= last) throw invalid(`no boundaries: ${text}`);
    last = boundary;
    return boundary;
  });
}

/** Rounded up. */
export function divided(length: bigint, by: bigint): bigint {
  return (length + by - 1n) / by;
}

function invalid(why: string): Refusal {
  return new Refusal('EINVAL', `Invalid parameters for message @stats_create: ${why}`);
}
