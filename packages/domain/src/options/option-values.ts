import { DmError } from '../errors/dm-error.ts';
import { type Percent, parsePercent, percent } from '../size/percent.ts';
import { parseSize } from '../size/size.ts';
import { parseUnsigned } from '../size/unsigned.ts';
import { checkBlockSize } from '../table/thin-pool-target.ts';
import { type Bytes, SECTOR_SIZE, type Sectors, sectorsOf } from '../units/units.ts';

/** A fault whose text names the option, as Docker's does; others are told with "could not parse" before them. */
function named(key: string, message: string, remedy: string): DmError {
  return new DmError('INVALID_ARGUMENT', message, { subject: key, remedy });
}

/** A size of something that is to be made. */
export function deviceSize(key: string): (value: string) => Bytes {
  return (value) => {
    const size = parseSize(value);
    if (size < SECTOR_SIZE)
      throw named(key, `${key}=${value}: a device cannot be smaller than ${SECTOR_SIZE} bytes`, `Use ${key}=10G, say.`);
    return size;
  };
}

export function blockSize(value: string): Sectors {
  const size = parseSize(value);
  const count = sectorsOf(size);
  if (size % SECTOR_SIZE !== 0n)
    throw named('dm.blocksize', `dm.blocksize=${value}: not whole sectors of 512 bytes`, 'Use dm.blocksize=64K, say.');
  return checkBlockSize(count);
}

/** A path as it is; empty is as good as not given. */
export function path(value: string): string | undefined {
  return value === '' ? undefined : value;
}

/** A share that needs its `%`, of 0 to 99. */
export function minFreeSpace(value: string): Percent {
  const key = 'dm.min_free_space';
  const remedy = `Use ${key}=10%, or 0% for no check.`;
  if (!value.endsWith('%')) throw named(key, `devmapper: Option ${key} requires % suffix`, remedy);
  const share = parseUnsigned(value.slice(0, -1));
  if (share >= 100n) throw named(key, `devmapper: Invalid value ${value} for option ${key}`, remedy);
  return percent(Number(share));
}

/** A share of at most `most` hundredths, with `%` or without. */
export function share(key: string, most: number): (value: string) => Percent {
  return (value) => {
    const isTooLarge = parseUnsigned(value.replace(/%$/u, '')) > BigInt(most);
    if (isTooLarge) throw named(key, `${key} must be greater than 0 and less than 100`, `Use ${key}=0 to ${most}.`);
    return parsePercent(value);
  };
}

/** libdevmapper's levels: 2 fatal, 3 error, 4 warning, 5 notice, 6 info, 7 debug. */
export function libdmLogLevel(value: string): number {
  const key = 'dm.libdm_log_level';
  const number = /^[+-]?\d+$/u.test(value) ? Number(value) : undefined;
  if (number === undefined)
    throw new DmError('INVALID_ARGUMENT', `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (number < 2 || number > 7)
    throw named(
      key,
      `${key} must be in range [2,7]`,
      'Use 2 (fatal), 3 (error), 4 (warning), 5, 6 (info) or 7 (debug).',
    );
  return number;
}
