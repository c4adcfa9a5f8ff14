import { DmError } from '@dmthin/domain';
import type { Command, Invocation } from '../../command/command.ts';
import { LIKE_THE_TOOLS, library } from './metadata-source.ts';

const LETTERS = 'bskKmMgGtTpPeEzZyY';
/** Spelled as the tool does. */
const NAMES = [
  ...['bytes', 'sectors', 'kibibytes', 'kilobytes', 'mebibytes', 'megabytes', 'gibibytes', 'gigabytes'],
  ...['tebibytes', 'terabytes', 'pebibytes', 'petabytes', 'ebibytes', 'exabytes', 'zebibytes', 'zetabytes'],
  ...['yobibytes', 'yottabytes'],
];
const SECTORS = 1;
const SECTOR = 512n;

export const size: Command = {
  ...LIKE_THE_TOOLS,
  name: 'metadata size',
  summary: "estimate how large a pool's metadata may become, as thin_metadata_size does",
  description: `Sizes are sectors, or have a unit behind them: one of the letters ${LETTERS}, or its name (mebibytes, gigabytes).`,
  options: [
    { name: 'block-size', short: 'b', value: 'SIZE', description: 'the size of a data block' },
    { name: 'pool-size', short: 's', value: 'SIZE', description: 'the size of the data device' },
    { name: 'max-thins', short: 'm', value: 'NUMBER', description: 'thin devices and snapshots, all together' },
    { name: 'unit', short: 'u', value: 'UNIT', description: 'the unit of the answer', default: 'sectors' },
    {
      name: 'numeric-only',
      short: 'n',
      value: 'FORM',
      isValueOptional: true,
      description: 'only the number, with a short or long unit behind it',
    },
  ],
  json: '`{bytes}`',
  examples: ['dmthin metadata size -b 64k -s 1t -m 1000 -u M'],
  async run(invocation) {
    const { option, output } = invocation;
    const { metadataSize } = await library();
    const block = sizeOf(invocation, 'block-size');
    const pool = sizeOf(invocation, 'pool-size');
    const thins = sizeOf(invocation, 'max-thins');
    const bytes = metadataSize({
      dataBlockSize: block.bytes / SECTOR,
      poolSize: pool.bytes / SECTOR,
      maxThins: thins.hasUnit ? thins.bytes : thins.bytes / SECTOR,
    });
    const unit = unitIndex(option('unit') ?? 'sectors');
    const number = inUnit(bytes, unit);
    await output.answer({ bytes }, () => {
      if (invocation.flag('numeric-only')) return number;
      const form = option('numeric-only');
      if (form !== undefined) return `${number}${unitOf(form, unit)}`;
      const given = `--block-size=${block.text}${block.hasUnit ? '' : 'sectors'} --pool-size=${pool.text}${pool.hasUnit ? '' : 'sectors'} --max-thins=${thins.text}`;
      return `thin_metadata_size - ${number} ${NAMES[unit]} estimated metadata area size for "${given}"`;
    });
  },
};

interface GivenSize {
  readonly bytes: bigint;
  readonly hasUnit: boolean;
  /** With the unit's whole name. */
  readonly text: string;
}

function sizeOf({ option }: Invocation, name: string): GivenSize {
  const [, digits = '', suffix = ''] = /^(\d*)(.*)$/u.exec(option(name) ?? '') ?? [];
  const unit = suffix === '' ? SECTORS : unitIndex(suffix);
  return {
    bytes: BigInt(digits === '' ? 0 : digits) * factor(unit),
    hasUnit: suffix !== '',
    text: `${digits}${suffix === '' ? '' : NAMES[unit]}`,
  };
}

function unitIndex(word: string): number {
  const index =
    word.length === 1 ? LETTERS.indexOf(word) : NAMES.findIndex((name) => word !== '' && name.startsWith(word));
  if (index >= 0) return index;
  throw new DmError('INVALID_ARGUMENT', `${word}: no such unit`, {
    remedy: `Use one of the letters ${LETTERS}, or its name.`,
  });
}

function unitOf(form: string, unit: number): string {
  if (form !== '' && 'long'.startsWith(form)) return NAMES[unit] as string;
  if (form !== '' && 'short'.startsWith(form)) return LETTERS.charAt(unit);
  throw new DmError('INVALID_ARGUMENT', `--numeric-only ${form}: neither short nor long`);
}

/** Bytes in a unit: powers of 1024 at even places from the third on, of 1000 at odd ones. */
function factor(unit: number): bigint {
  if (unit <= SECTORS) return unit === SECTORS ? SECTOR : 1n;
  return (unit % 2 === 0 ? 1024n : 1000n) ** BigInt(Math.floor(unit / 2));
}

/** Whole where it is, else with two digits; as a power of ten where it is close to a whole number (`%0.2e`). */
function inUnit(bytes: bigint, unit: number): string {
  if (bytes % factor(unit) === 0n) return (bytes / factor(unit)).toString();
  const value = Number(bytes) / Number(factor(unit));
  if (value - Math.floor(value) >= 0.01) return value.toFixed(2);
  return value.toExponential(2).replace(/e([+-])(\d)$/u, 'e$10$2');
}
