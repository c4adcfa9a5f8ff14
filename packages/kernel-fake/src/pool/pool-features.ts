import { Refusal } from '../errno/refusal.ts';
import { scanUnsigned32 } from '../table/numbers.ts';

/** What a pool's table asks for beyond its devices (dm-kernel.md 3.1). */
export interface PoolFeatures {
  readonly zeroesNewBlocks: boolean;
  readonly discards: boolean;
  readonly passesDiscardsDown: boolean;
  readonly isReadOnly: boolean;
  readonly errorIfNoSpace: boolean;
}

export const DEFAULT_FEATURES: PoolFeatures = {
  zeroesNewBlocks: true,
  discards: true,
  passesDiscardsDown: true,
  isReadOnly: false,
  errorIfNoSpace: false,
};

const BY_NAME: Readonly<Record<string, Partial<PoolFeatures>>> = {
  skip_block_zeroing: { zeroesNewBlocks: false },
  ignore_discard: { discards: false },
  no_discard_passdown: { passesDiscardsDown: false },
  read_only: { isReadOnly: true },
  error_if_no_space: { errorIfNoSpace: true },
};
const MAX_FEATURES = 4;

/**
 * Reads `[<#features> <feature>...]`. What follows the features is ignored, as the kernel does.
 * @throws Refusal EINVAL: more than four or more than there are, or an unknown one.
 */
export function parseFeatures(words: readonly string[]): PoolFeatures {
  const [count, ...names] = words;
  if (count === undefined) return DEFAULT_FEATURES;
  const wanted = scanUnsigned32(count);
  if (wanted === undefined || wanted > MAX_FEATURES || wanted > names.length)
    throw new Refusal('EINVAL', 'thin-pool: Invalid number of pool feature arguments');
  let features = DEFAULT_FEATURES;
  for (const name of names.slice(0, wanted)) {
    const feature = BY_NAME[name.toLowerCase()];
    if (feature === undefined) throw new Refusal('EINVAL', 'thin-pool: Unrecognised pool feature requested');
    features = { ...features, ...feature };
  }
  return features;
}

/** As the table line has them, in the kernel's order, with a space behind each. */
export function formatFeatures(features: PoolFeatures): string {
  const names = Object.entries(BY_NAME).filter(([, feature]) =>
    Object.entries(feature).every(([key, value]) => features[key as keyof PoolFeatures] === value),
  );
  return [`${names.length}`, ...names.map(([name]) => name), ''].join(' ');
}
