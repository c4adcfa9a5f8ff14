import { DmError } from '../errors/dm-error.ts';
import { quoted } from '../errors/quoted.ts';
import { raise } from '../errors/raise.ts';
import { decimal } from '../units/decimal.ts';
import { type DataBlocks, dataBlocks, type Sectors, sectors } from '../units/units.ts';
import { deviceWord } from './device-word.ts';
import { checkTable, type Table } from './table.ts';

/** What a pool does otherwise than by default; in the order in which the kernel prints them (dm-kernel.md 3.4). */
export const THIN_POOL_FEATURES = [
  /** New blocks keep what the data device had in them, where a write does not fill them. */
  'skip_block_zeroing',
  /** Thin devices take no discards. */
  'ignore_discard',
  /** Discards free blocks, and are not passed to the data device. */
  'no_discard_passdown',
  'read_only',
  /** A write that finds no block fails at once; by default it waits 60 s for space. */
  'error_if_no_space',
] as const;
export type ThinPoolFeature = (typeof THIN_POOL_FEATURES)[number];

/** A `thin-pool` target's own words. */
export interface ThinPoolTarget {
  /** Path or `major:minor`. */
  readonly metadata: string;
  readonly data: string;
  /** Of one data block. */
  readonly blockSize: Sectors;
  /** An event is sent when free data blocks fall to this. */
  readonly lowWaterMark: DataBlocks;
  readonly features: readonly ThinPoolFeature[];
}

/** 64 KiB; DATA_DEV_BLOCK_SIZE_MIN_SECTORS (drivers/md/dm-thin.c). */
export const MIN_BLOCK_SIZE: Sectors = sectors(128);
/** 1 GiB; DATA_DEV_BLOCK_SIZE_MAX_SECTORS. */
export const MAX_BLOCK_SIZE: Sectors = sectors(2_097_152);
/** The kernel counts five features and takes four (pool_features: `{0, 4, ...}`). */
const MAX_FEATURES = 4;

/** @throws DmError INVALID_ARGUMENT: not 128 to 2,097,152 sectors, or not a multiple of 128 (dm-kernel.md 3.1). */
export function checkBlockSize(size: Sectors): Sectors {
  if (size < MIN_BLOCK_SIZE || size > MAX_BLOCK_SIZE || size % MIN_BLOCK_SIZE !== 0n)
    throw new DmError('INVALID_ARGUMENT', `a pool's block cannot have ${size} sectors`, {
      remedy: 'Use 64 KiB to 1 GiB (128 to 2,097,152 sectors) in steps of 64 KiB.',
    });
  return size;
}

/**
 * Reads `<metadata> <data> <block size> <low water> [<count> <feature>...]`. Words beyond the counted features are
 * ignored, as the kernel does.
 * @throws DmError INVALID_ARGUMENT: not a thin-pool's words; says which one.
 */
export function parseThinPoolTarget(params: string): ThinPoolTarget {
  const [metadata = '', data = '', blockSize, lowWater, count = '0', ...rest] = params.trim().split(/\s+/u);
  const counted = decimal(count);
  if (counted === undefined || counted > MAX_FEATURES || counted > rest.length)
    throw malformed(params, `feature count ${quoted(count)} is not 0 to ${MAX_FEATURES}, or more than there are`);
  return checkPool({
    metadata,
    data,
    blockSize: sectors(decimal(blockSize) ?? raise(malformed(params, 'block size is not a number'))),
    lowWaterMark: dataBlocks(decimal(lowWater) ?? raise(malformed(params, 'low water mark is not a number'))),
    features: inOrder(rest.slice(0, Number(counted)).map((word) => feature(word, params))),
  });
}

/** The target's words in the kernel's order, without its trailing space. @throws DmError INVALID_ARGUMENT, as reading does. */
export function formatThinPoolTarget(target: ThinPoolTarget): string {
  const { metadata, data, blockSize, lowWaterMark } = checkPool(target);
  const features = inOrder(target.features);
  return [metadata, data, blockSize, lowWaterMark, features.length, ...features].join(' ');
}

export interface ThinPoolTable extends Pick<ThinPoolTarget, 'metadata' | 'data' | 'blockSize'> {
  /** Of the data device; the pool has as many blocks as fit whole. */
  readonly size: Sectors;
  readonly lowWaterMark?: DataBlocks | undefined;
  readonly features?: readonly ThinPoolFeature[] | undefined;
}

/**
 * The table of a thin pool; no event at low water and no features, where none are given.
 * @throws DmError INVALID_ARGUMENT: metadata and data the same, a block size or length the kernel refuses.
 */
export function thinPoolTable({ size, lowWaterMark, features, ...target }: ThinPoolTable): Table {
  const params = { ...target, lowWaterMark: lowWaterMark ?? dataBlocks(0), features: features ?? [] };
  return checkTable([{ start: sectors(0), length: size, type: 'thin-pool', params: formatThinPoolTarget(params) }]);
}

function checkPool(target: ThinPoolTarget): ThinPoolTarget {
  deviceWord(target.metadata, 'metadata device');
  deviceWord(target.data, 'data device');
  // The kernel compares the words, so two spellings of one device pass; it then fails when it opens them.
  if (target.metadata === target.data)
    throw new DmError('INVALID_ARGUMENT', `a pool's metadata and data are both ${quoted(target.data)}`, {
      remedy: 'Give two devices.',
    });
  checkBlockSize(target.blockSize);
  if (new Set(target.features).size > MAX_FEATURES)
    throw new DmError('INVALID_ARGUMENT', `a pool takes ${MAX_FEATURES} features at most`, {
      remedy: 'Leave out no_discard_passdown, which ignore_discard makes void.',
    });
  return target;
}

function feature(word: string, params: string): ThinPoolFeature {
  const known = THIN_POOL_FEATURES.find((name) => name === word.toLowerCase());
  return known ?? raise(malformed(params, `feature ${quoted(word)} is unknown`));
}

function inOrder(features: readonly ThinPoolFeature[]): readonly ThinPoolFeature[] {
  return THIN_POOL_FEATURES.filter((name) => features.includes(name));
}

function malformed(params: string, fault: string): DmError {
  return new DmError('INVALID_ARGUMENT', `thin-pool table ${quoted(params)}: ${fault}`);
}
