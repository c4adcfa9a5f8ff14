import { DmError } from '@dmthin/domain';
import type { ListedDevice } from '@dmthin/thin-metadata';
import type { Command } from '../../command/command.ts';
import { HELD, LIKE_THE_TOOLS, library, SOURCE, withSource } from './metadata-source.ts';

const SECTOR = 512;

/** What a column shows of a device; `blockSize` in sectors. */
type Column = (device: ListedDevice, blockSize: number) => number | bigint | string;

const COLUMNS: Readonly<Record<string, Column>> = {
  DEV: ({ id }) => id,
  MAPPED_BLOCKS: ({ mappedBlocks }) => mappedBlocks,
  EXCLUSIVE_BLOCKS: ({ exclusiveBlocks }) => exclusiveBlocks,
  SHARED_BLOCKS: ({ sharedBlocks }) => sharedBlocks,
  MAPPED_SECTORS: ({ mappedBlocks }, blockSize) => mappedBlocks * blockSize,
  EXCLUSIVE_SECTORS: ({ exclusiveBlocks }, blockSize) => exclusiveBlocks * blockSize,
  SHARED_SECTORS: ({ sharedBlocks }, blockSize) => sharedBlocks * blockSize,
  MAPPED_BYTES: ({ mappedBlocks }, blockSize) => mappedBlocks * blockSize * SECTOR,
  EXCLUSIVE_BYTES: ({ exclusiveBlocks }, blockSize) => exclusiveBlocks * blockSize * SECTOR,
  SHARED_BYTES: ({ sharedBlocks }, blockSize) => sharedBlocks * blockSize * SECTOR,
  MAPPED: ({ mappedBlocks }, blockSize) => diskSize(mappedBlocks * blockSize * SECTOR),
  EXCLUSIVE: ({ exclusiveBlocks }, blockSize) => diskSize(exclusiveBlocks * blockSize * SECTOR),
  SHARED: ({ sharedBlocks }, blockSize) => diskSize(sharedBlocks * blockSize * SECTOR),
  TRANSACTION: ({ transactionId }) => transactionId,
  CREATE_TIME: ({ creationTime }) => creationTime,
  SNAP_TIME: ({ snapshottedTime }) => snapshottedTime,
};

/** The columns that need to know what is shared, for which everything mapped has to be read. */
const NEEDS_MAPPINGS = /^(EXCLUSIVE|SHARED)/u;

export const ls: Command = {
  ...LIKE_THE_TOOLS,
  name: 'metadata ls',
  summary: 'list the devices of a pool and what they share, as thin_ls does',
  arguments: [SOURCE],
  options: [
    {
      name: 'format',
      short: 'o',
      value: 'FIELDS',
      description: `columns with commas between them: ${Object.keys(COLUMNS).join(', ')}`,
      default: 'DEV,MAPPED,CREATE_TIME,SNAP_TIME',
    },
    { name: 'no-headers', description: 'no line of heads' },
    HELD,
  ],
  json: 'an array of `{device, mappedBlocks, exclusiveBlocks, sharedBlocks, transactionId, creationTime, snapshottedTime}`',
  examples: ['dmthin metadata ls -o DEV,MAPPED,EXCLUSIVE,SHARED /dev/vg/pool_tmeta'],
  run: (invocation) =>
    withSource(invocation, 'ls', async (source) => {
      const { listDevices, readPool } = await library();
      const { flag, option, output, settings } = invocation;
      const fields = (option('format') ?? '').split(',');
      const columns = fields.map(columnOf);
      const pool = readPool(source, { held: flag('metadata-snap') });
      const devices =
        settings.json || fields.some((field) => NEEDS_MAPPINGS.test(field))
          ? listDevices(pool)
          : [...pool.thinDevices()].map((thin) => ({ ...thin, exclusiveBlocks: 0, sharedBlocks: 0 }));
      const { dataBlockSize } = pool.superblock;
      await output.answer(
        devices.map(({ id, mappedBlocks, exclusiveBlocks, sharedBlocks, ...rest }) => ({
          device: id,
          mappedBlocks,
          exclusiveBlocks,
          sharedBlocks,
          ...rest,
        })),
        () => {
          const rows = devices.map((device) => columns.map((column) => String(column(device, dataBlockSize))));
          return grid(flag('no-headers') ? rows : [fields, ...rows]);
        },
      );
    }),
};

function columnOf(name: string): Column {
  const column = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
  if (column !== undefined) return column;
  throw new DmError('INVALID_ARGUMENT', `unknown field ${name}`, {
    remedy: `Use some of ${Object.keys(COLUMNS).join(', ')}.`,
  });
}

/** Columns to the right, a space behind each, as thin_ls has them. */
function grid(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((word, column) => `${word.padStart(widths[column] ?? 0)} `).join('')).join('\n');
}

const UNITS = ['', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
/** thin_ls goes on to the next unit above this many. */
const LARGEST = 8192;

/** A size as thin_ls shows it: rounded below 1024 of its unit, cut off from there on. */
function diskSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.floor(value) > LARGEST && unit + 1 < UNITS.length) {
    value /= 1024;
    unit++;
  }
  return `${value < 1024 ? Math.round(value) : Math.floor(value)}${UNITS[unit]}`;
}
