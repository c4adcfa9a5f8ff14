import { formatDeviceNumber } from '@dmthin/domain';
import type { BlockNode } from '../block/block-node.ts';
import { Refusal } from '../errno/refusal.ts';
import { scanUnsigned64 } from '../table/numbers.ts';
import { type DeviceArea, measuredType, type Target, type TargetSpec, type TargetType } from './target.ts';

const SECTOR = 512;

/** `linear <device> <offset>`: a piece of another device. */
export const linear: TargetType = {
  name: 'linear',
  version: [1, 4, 0],
  create: (line, words, build) => {
    const [device, offset] = words;
    if (words.length !== 2 || device === undefined || offset === undefined)
      throw new Refusal('EINVAL', 'linear: Invalid argument count');
    const start = scanUnsigned64(offset);
    if (start === undefined) throw new Refusal('EINVAL', 'linear: Invalid device sector');
    return new LinearTarget(line, build.open(device), start);
  },
};

class LinearTarget implements Target {
  readonly type: TargetType = linear;
  readonly #node: BlockNode;
  /** In sectors. */
  readonly #start: bigint;
  readonly #length: bigint;
  /** `#start` in bytes. */
  readonly #offset: number;

  constructor({ length }: TargetSpec, node: BlockNode, start: bigint) {
    this.#node = node;
    this.#start = start;
    this.#length = length;
    this.#offset = Number(start) * SECTOR;
  }

  get hasWriteCache(): boolean {
    return this.#node.hasWriteCache;
  }

  get canDiscard(): boolean {
    return this.#node.canDiscard;
  }

  read(at: number, into: Uint8Array): void {
    this.#node.read(this.#offset + at, into);
  }

  write(at: number, data: Uint8Array, inPages?: boolean): void {
    this.#node.write(this.#offset + at, data, inPages);
  }

  discard(at: number, length: number): void {
    this.#node.discard(this.#offset + at, length);
  }

  flush(): void {
    this.#node.flush();
  }

  areas(): readonly DeviceArea[] {
    return [{ node: this.#node, start: this.#start, length: this.#length }];
  }

  status(): string {
    return '';
  }

  measurement(): string {
    return `${measuredType(linear)},device_name=${formatDeviceNumber(this.#node.number)},start=${this.#start};`;
  }

  tableParams(): string {
    return `${formatDeviceNumber(this.#node.number)} ${this.#start}`;
  }
}
