import { type Bytes, DmError, humanSize, parseSize } from '@dmthin/domain';
import type { Command } from '../command/command.ts';
import { formatRows } from '../output/table.ts';

export const pool: Command = {
  name: 'pool',
  summary: 'grow the pool while it is in use (`pool resize`), or back up its metadata (`pool backup`)',
  description:
    'resize grows the files of a pool over files to the sizes given. A pool over devices takes what they have been grown to; give ' +
    "no size for all of it. LVM's pools are grown by lvextend. A pool never shrinks. " +
    'backup writes the metadata, as they are at one moment of a pool that runs, to stdout as the XML of thin_dump, which ' +
    '`metadata restore` and thin_restore take; the records of the root are files and are backed up as such.',
  arguments: [{ name: 'action', description: 'resize or backup' }],
  options: [
    { name: 'data', value: 'SIZE', description: 'of the data device: 200G' },
    { name: 'metadata', value: 'SIZE', description: 'of the metadata device: 4G' },
  ],
  json: '`{data, metadata}`: what the pool has now, in bytes; of backup there is no JSON form',
  examples: ['dmthin pool resize --data 200G', 'dmthin pool resize --metadata 4G', 'dmthin pool backup > pool.xml'],
  async run({ argument, option, output, signal, withDriver }) {
    if (argument('action') === 'backup' && [option('data'), option('metadata')].some((size) => size !== undefined))
      throw new DmError('INVALID_ARGUMENT', '--data and --metadata are sizes for pool resize', {
        remedy: 'Leave them out: dmthin pool backup > pool.xml.',
      });
    if (argument('action') === 'backup') return withDriver((driver) => output.stream(driver.metadataBackup(signal)));
    if (argument('action') !== 'resize')
      throw new DmError('INVALID_ARGUMENT', `pool ${argument('action')} is nothing that can be done`, {
        remedy: 'Use dmthin pool resize, or dmthin pool backup.',
      });
    const sizes = { data: sizeOf('data', option('data')), metadata: sizeOf('metadata', option('metadata')) };
    const now = await withDriver(async (driver) => {
      await driver.resizePool(sizes);
      const { data, metadata } = await driver.status();
      return { data: data.total, metadata: metadata.total };
    });
    await output.answer(now, () =>
      formatRows([
        ['Data', humanSize(now.data)],
        ['Metadata', humanSize(now.metadata)],
      ]),
    );
  },
};

function sizeOf(name: string, text: string | undefined): Bytes | undefined {
  if (text === undefined) return undefined;
  try {
    return parseSize(text);
  } catch (cause) {
    if (!DmError.is(cause)) throw cause;
    throw new DmError('INVALID_ARGUMENT', `--${name}: ${cause.message}`, {
      subject: `--${name}`,
      remedy: `Give a size: --${name} 200G.`,
      cause,
    });
  }
}
