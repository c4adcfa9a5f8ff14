import { formatDeviceNumber } from '@dmthin/domain';
import type { BlockNode } from '../block/block-node.ts';
import { Failures } from '../errno/failures.ts';
import { Refusal } from '../errno/refusal.ts';
import { parseUnsigned32, scanUnsigned64 } from '../table/numbers.ts';
import {
  type DeviceArea,
  measuredType,
  type TableBuild,
  type Target,
  type TargetSpec,
  type TargetType,
} from './target.ts';

const SECTOR = 512;

interface Stripe {
  readonly node: BlockNode;
  /** In sectors. */
  readonly start: bigint;
}

/** `striped <#stripes> <chunk size> [<device> <offset>]+`: chunks dealt out over several devices. */
export const striped: TargetType = {
  name: 'striped',
  version: [1, 6, 0],
  create: (line, words, build) => {
    if (words.length < 2) throw new Refusal('EINVAL', 'striped: Not enough arguments');
    const stripes = parseUnsigned32(words[0] ?? '');
    if (stripes === undefined || stripes === 0) throw new Refusal('EINVAL', 'striped: Invalid stripe count');
    const chunk = parseUnsigned32(words[1] ?? '');
    if (chunk === undefined || chunk === 0) throw new Refusal('EINVAL', 'striped: Invalid chunk_size');
    if (line.length % BigInt(stripes) !== 0n)
      throw new Refusal('EINVAL', 'striped: Target length not divisible by number of stripes');
    if ((line.length / BigInt(stripes)) % BigInt(chunk) !== 0n)
      throw new Refusal('EINVAL', 'striped: Target length not divisible by chunk size');
    if (words.length !== 2 + 2 * stripes) throw new Refusal('EINVAL', 'striped: Not enough destinations specified');
    return new StripedTarget(line, chunk, openStripes(words.slice(2), build));
  },
};

function openStripes(words: readonly string[], build: TableBuild): Stripe[] {
  const stripes: Stripe[] = [];
  for (let at = 0; at < words.length; at += 2) {
    const start = scanUnsigned64(words[at + 1] ?? '');
    if (start === undefined) throw new Refusal('EINVAL', "striped: Couldn't parse stripe destination");
    stripes.push({ node: build.open(words[at] ?? ''), start });
  }
  return stripes;
}

class StripedTarget implements Target {
  readonly type: TargetType = striped;
  readonly #stripes: readonly Stripe[];
  /** Sectors of each stripe. */
  readonly #width: bigint;
  /** In bytes. */
  readonly #chunk: number;
  /** In bytes, where each stripe begins on its device. */
  readonly #starts: readonly number[];

  constructor(line: TargetSpec, chunk: number, stripes: readonly Stripe[]) {
    this.#stripes = stripes;
    this.#width = line.length / BigInt(stripes.length);
    this.#chunk = chunk * SECTOR;
    this.#starts = stripes.map(({ start }) => Number(start) * SECTOR);
  }

  get hasWriteCache(): boolean {
    return this.#stripes.some(({ node }) => node.hasWriteCache);
  }

  get canDiscard(): boolean {
    return this.#stripes.every(({ node }) => node.canDiscard);
  }

  get longestIo(): number {
    return this.#chunk;
  }

  read(at: number, into: Uint8Array): void {
    this.#eachChunk(at, into.length, (node, offset, from, to) => node.read(offset, into.subarray(from, to)));
  }

  write(at: number, data: Uint8Array, inPages?: boolean): void {
    this.#eachChunk(at, data.length, (node, offset, from, to) => node.write(offset, data.subarray(from, to), inPages));
  }

  discard(at: number, length: number): void {
    this.#eachChunk(at, length, (node, offset, from, to) => node.discard(offset, to - from));
  }

  flush(): void {
    for (const { node } of this.#stripes) node.flush();
  }

  areas(): readonly DeviceArea[] {
    return this.#stripes.map(({ node, start }) => ({ node, start, length: this.#width }));
  }

  /** `<#stripes> <device>... <#groups> <alive or dead>...` */
  status(): string {
    const devices = this.#stripes.map(({ node }) => formatDeviceNumber(node.number)).join(' ');
    return `${this.#stripes.length} ${devices} 1 ${'A'.repeat(this.#stripes.length)}`;
  }

  measurement(): string {
    const stripes = this.#stripes.map(({ node, start }, index) => {
      const name = `stripe_${index}`;
      return `,${name}_device_name=${formatDeviceNumber(node.number)},${name}_physical_start=${start},${name}_status=A`;
    });
    const size = `stripes=${this.#stripes.length},chunk_size=${this.#chunk / SECTOR}`;
    return `${measuredType(striped)},${size}${stripes.join('')};`;
  }

  tableParams(): string {
    const stripes = this.#stripes.map(({ node, start }) => ` ${formatDeviceNumber(node.number)} ${start}`);
    return `${this.#stripes.length} ${this.#chunk / SECTOR}${stripes.join('')}`;
  }

  #eachChunk(
    at: number,
    length: number,
    access: (node: BlockNode, offset: number, from: number, to: number) => void,
  ): void {
    const failures = new Failures();
    for (let from = 0; from < length; ) {
      const chunk = Math.floor((at + from) / this.#chunk);
      const within = at + from - chunk * this.#chunk;
      const to = Math.min(length, from + this.#chunk - within);
      const index = chunk % this.#stripes.length;
      const offset = (this.#starts[index] ?? 0) + Math.floor(chunk / this.#stripes.length) * this.#chunk + within;
      const begin = from;
      failures.of(() => access((this.#stripes[index] as Stripe).node, offset, begin, to));
      from = to;
    }
    failures.throwFirst();
  }
}
