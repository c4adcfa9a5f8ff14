import type { ThinId } from '@dmthin/domain';
import type { PoolSink } from '../content/pool-content.ts';
import { ContentFault } from './content-fault.ts';
import type { ContentParser } from './content-parser.ts';

type Line = Readonly<Record<string, unknown>>;

/** Longer than any line of a dump. */
const LONGEST_LINE = 4096;

/** Hands what the lines of a JSON dump say to a sink. */
export function jsonParser(sink: PoolSink): ContentParser {
  const reader = new LineReader(sink);
  let rest = '';
  return {
    get line() {
      return reader.number;
    },
    write: (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) reader.line(line);
      if (rest.length > LONGEST_LINE) reader.line(rest);
    },
    close: () => {
      if (rest !== '') reader.line(rest);
      reader.close();
    },
  };
}

class LineReader {
  number = 0;
  readonly #sink: PoolSink;
  #devices = 0;
  #blocks = 0;
  #isInDevice = false;
  #hasEnded = false;

  constructor(sink: PoolSink) {
    this.#sink = sink;
  }

  line(text: string): void {
    this.number++;
    if (text.trim() !== '') this.#take(parseLine(text));
  }

  close(): void {
    if (!this.#hasEnded) throw new ContentFault('the last line, with the counts, is missing: the text was cut off');
  }

  #take(line: Line): void {
    if (this.#hasEnded) throw new ContentFault('there is more behind the end');
    if ('block' in line) this.#map(line);
    else if ('device' in line) this.#device(line);
    else if ('pool' in line) this.#pool(member(line, 'pool'));
    else if ('end' in line) this.#end(member(line, 'end'));
    else throw new ContentFault('it is neither a pool, a device, a mapping nor an end');
  }

  #pool(pool: Line): void {
    this.#sink.begin({
      uuid: String(pool['uuid'] ?? ''),
      time: number(pool, 'time'),
      transactionId: whole(pool, 'transactionId'),
      flags: number(pool, 'flags'),
      version: number(pool, 'version'),
      dataBlockSize: number(pool, 'dataBlockSize'),
      dataBlocks: number(pool, 'dataBlocks'),
    });
  }

  #device(line: Line): void {
    this.#endDevice();
    this.#isInDevice = true;
    this.#devices++;
    this.#sink.beginDevice({
      id: number(line, 'device') as ThinId,
      mappedBlocks: number(line, 'mappedBlocks'),
      transactionId: whole(line, 'transactionId'),
      creationTime: number(line, 'creationTime'),
      snapshottedTime: number(line, 'snapshottedTime'),
    });
  }

  #map(line: Line): void {
    const length = number(line, 'length');
    this.#blocks += length;
    this.#sink.map(number(line, 'block'), number(line, 'dataBlock'), length, number(line, 'time'));
  }

  #end(end: Line): void {
    this.#endDevice();
    if (number(end, 'devices') !== this.#devices || number(end, 'blocks') !== this.#blocks)
      throw new ContentFault(
        `it counts other devices and blocks than the ${this.#devices} and ${this.#blocks} before it`,
      );
    this.#sink.end();
    this.#hasEnded = true;
  }

  #endDevice(): void {
    if (this.#isInDevice) this.#sink.endDevice();
    this.#isInDevice = false;
  }
}

function parseLine(text: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ContentFault('it is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw new ContentFault('it is not an object');
  return value as Line;
}

function member(line: Line, name: string): Line {
  const value = line[name];
  if (typeof value !== 'object' || value === null) throw new ContentFault(`${name} is not an object`);
  return value as Line;
}

function number(line: Line, name: string): number {
  const value = line[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ContentFault(`${name} is not a whole number`);
}

function whole(line: Line, name: string): bigint {
  const value = line[name];
  if (typeof value === 'string' && /^\d{1,20}$/u.test(value)) return BigInt.asUintN(64, BigInt(value));
  return BigInt(number(line, name));
}
