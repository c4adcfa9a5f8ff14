import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOfErrno, DmError, ERRNO, type ErrnoName, thinId } from '@dmthin/domain';
import type { DumpFormat } from '@dmthin/thin-metadata';
import type { Command, Invocation } from '../../command/command.ts';
import { HELD, LIKE_THE_TOOLS, library, SOURCE, withSource } from './metadata-source.ts';
import { wholeNumber } from './numbers.ts';

export const dump: Command = {
  ...LIKE_THE_TOOLS,
  name: 'metadata dump',
  summary: 'print what a pool maps, as thin_dump does',
  description:
    "XML is thin_dump 0.9's, byte for byte; json is one value a line: the pool, each device with its runs of mappings behind it, and counts at the end.",
  arguments: [SOURCE],
  options: [
    {
      name: 'format',
      short: 'f',
      value: 'FORMAT',
      description: 'how',
      choices: ['xml', 'json', 'human_readable'],
      default: 'xml',
    },
    { name: 'repair', short: 'r', description: 'print what can still be read of a damaged pool' },
    HELD,
    { name: 'output', short: 'o', value: 'FILE', description: 'write to a file instead of standard output' },
    { name: 'dev-id', value: 'THIN_ID', description: 'only this device; may be given several times', repeatable: true },
    { name: 'skip-mappings', description: 'devices without what they map' },
  ],
  json: 'the same as `--format json`: lines of JSON',
  examples: ['dmthin metadata dump /dev/vg/pool_tmeta > pool.xml'],
  run: (invocation) =>
    withSource(invocation, 'dump', async (device) => {
      const { dumpPool, readPool, salvagePool, writeContent } = await library();
      const { flag, settings, values } = invocation;
      const format = settings.json ? 'json' : (invocation.option('format') as DumpFormat);
      if (flag('repair'))
        return write(
          invocation,
          writeContent(format, (sink) => salvagePool(device, sink)),
        );
      const ids = values('dev-id').map((word) => thinId(Number(wholeNumber(word, '--dev-id'))));
      const pool = readPool(device, { held: flag('metadata-snap') });
      return write(
        invocation,
        dumpPool(pool, {
          format,
          devices: ids.length === 0 ? undefined : new Set(ids),
          skipMappings: flag('skip-mappings'),
        }),
      );
    }),
};

async function write({ option, output }: Invocation, chunks: Iterable<Uint8Array>): Promise<void> {
  const file = option('output');
  if (file === undefined) return output.print(chunks);
  try {
    await pipeline(Readable.from(chunks), createWriteStream(file));
  } catch (cause) {
    if (DmError.is(cause)) throw cause;
    const { code = '' } = cause as NodeJS.ErrnoException;
    const errno = code in ERRNO ? (code as ErrnoName) : undefined;
    throw new DmError(errno === undefined ? 'IO' : codeOfErrno(errno), `cannot write ${file}: ${code}`, {
      errno,
      subject: file,
      cause,
    });
  }
}
