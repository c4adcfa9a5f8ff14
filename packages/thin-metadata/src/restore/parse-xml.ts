import type { ThinId } from '@dmthin/domain';
import { SaxesParser } from 'saxes';
import type { PoolSink } from '../content/pool-content.ts';
import { ContentFault } from './content-fault.ts';
import type { ContentParser } from './content-parser.ts';

type Attributes = Readonly<Record<string, string>>;

/** Hands what thin_dump's XML says to a sink. */
export function xmlParser(sink: PoolSink): ContentParser {
  const parser = new SaxesParser({ xmlns: false });
  parser.on('error', ({ message }) => {
    throw new ContentFault(message.replace(/^\d+:\d+: /u, ''));
  });
  parser.on('opentag', ({ name, attributes }) => openTag(sink, name, attributes));
  parser.on('closetag', ({ name }) => {
    if (name === 'device') sink.endDevice();
    if (name === 'superblock') sink.end();
  });
  return {
    get line() {
      return parser.line;
    },
    write: (text) => void parser.write(text),
    close: () => void parser.close(),
  };
}

function openTag(sink: PoolSink, name: string, attributes: Attributes): void {
  const wanted = (attribute: string, preset?: number): number => number(attributes, attribute, preset);
  if (name === 'single_mapping') sink.map(wanted('origin_block'), wanted('data_block'), 1, wanted('time'));
  else if (name === 'range_mapping')
    sink.map(wanted('origin_begin'), wanted('data_begin'), wanted('length'), wanted('time'));
  else if (name === 'device')
    sink.beginDevice({
      id: wanted('dev_id') as ThinId,
      mappedBlocks: wanted('mapped_blocks'),
      transactionId: whole(attributes, 'transaction'),
      creationTime: wanted('creation_time'),
      snapshottedTime: wanted('snap_time'),
    });
  else if (name === 'superblock')
    sink.begin({
      uuid: text(attributes, 'uuid'),
      time: wanted('time'),
      transactionId: whole(attributes, 'transaction'),
      flags: wanted('flags', 0),
      // thin_restore's choice for text that older tools wrote.
      version: wanted('version', 1),
      dataBlockSize: wanted('data_block_size'),
      dataBlocks: wanted('nr_data_blocks'),
    });
  else throw new ContentFault(`<${name}> is unknown`);
}

function text(attributes: Attributes, name: string): string {
  const value = attributes[name];
  if (value === undefined) throw new ContentFault(`${name} is missing`);
  return value;
}

function number(attributes: Attributes, name: string, preset?: number): number {
  const word = attributes[name];
  if (word === undefined && preset !== undefined) return preset;
  const value = Number(word);
  if (word === undefined || word === '' || !(value >= 0 && Number.isSafeInteger(value)))
    throw new ContentFault(word === undefined ? `${name} is missing` : `${name}="${word}" is not a whole number`);
  return value;
}

function whole(attributes: Attributes, name: string): bigint {
  const word = text(attributes, name);
  if (!/^\d{1,20}$/u.test(word)) throw new ContentFault(`${name}="${word}" is not a whole number`);
  return BigInt.asUintN(64, BigInt(word));
}
