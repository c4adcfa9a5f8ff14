import { formatDeviceNumber, MAX_THIN_ID, type ThinId, thinId } from '@dmthin/domain';
import type { ThinDevice } from '@dmthin/thin-metadata';
import type { BlockNode } from '../block/block-node.ts';
import { Failures } from '../errno/failures.ts';
import { Refusal } from '../errno/refusal.ts';
import { DataBlocks } from '../pool/data-blocks.ts';
import type { ActiveThin, Pool } from '../pool/pool.ts';
import { refusalOf } from '../pool/pool-fault.ts';
import { type ExternalOrigin, type Piece, ThinIo } from '../pool/thin-io.ts';
import { parseUnsigned64 } from '../table/numbers.ts';
import type { OwnDevice } from './own-device.ts';
import type { DeviceArea, Target, TargetSpec, TargetType } from './target.ts';

const SECTOR = 512;

/** `thin <pool> <thin id> [<external origin>]` */
export const thin: TargetType = {
  name: 'thin',
  version: [1, 22, 0],
  create: (line, words, build) => {
    const [poolDevice, id, originDevice] = words;
    if (words.length > 3 || poolDevice === undefined || id === undefined)
      throw new Refusal('EINVAL', 'thin: Invalid argument count');
    if (poolDevice === originDevice) throw new Refusal('EINVAL', 'thin: Error setting origin device');
    const originNode = originDevice === undefined ? undefined : build.open(originDevice, 'r');
    const poolNode = build.open(poolDevice);
    const wanted = parseUnsigned64(id);
    if (wanted === undefined || wanted > BigInt(MAX_THIN_ID)) throw new Refusal('EINVAL', 'thin: Invalid device id');
    const pool = build.pools.of(poolNode);
    if (pool === undefined) throw new Refusal('EINVAL', "thin: Couldn't find pool object");
    return openThin(pool, poolNode, thinId(Number(wanted)), (device) => {
      const origin = originNode === undefined ? undefined : { node: originNode, size: 0 };
      return new ThinTarget(line, build.device, pool, poolNode, device, origin);
    });
  },
};

function openThin(pool: Pool, poolNode: BlockNode, id: ThinId, make: (device: ThinDevice) => ThinTarget): ThinTarget {
  if (pool.mode === 'fail') throw new Refusal('EINVAL', "thin: Couldn't open thin device, Pool is in fail mode");
  const device = attempt(() => pool.metadata.openThin(id));
  if (pool.isSuspended) {
    pool.metadata.closeThin(device);
    throw new Refusal(
      'EINVAL',
      `thin: Unable to activate thin device while pool ${poolNode.number.minor} is suspended`,
    );
  }
  return make(device);
}

class ThinTarget implements Target, ActiveThin {
  readonly type: TargetType = thin;
  readonly device: OwnDevice;
  readonly canDiscard: boolean;
  readonly hasWriteCache = true;
  readonly #pool: Pool;
  readonly #poolNode: BlockNode;
  readonly #thin: ThinDevice;
  readonly #origin: ExternalOrigin | undefined;
  readonly #io: ThinIo;
  /** In bytes. */
  readonly #blockSize: number;
  readonly #startsAtZero: boolean;

  constructor(
    line: TargetSpec,
    device: OwnDevice,
    pool: Pool,
    poolNode: BlockNode,
    thinDevice: ThinDevice,
    origin: ExternalOrigin | undefined,
  ) {
    this.device = device;
    this.canDiscard = pool.features.discards;
    this.#pool = pool;
    this.#poolNode = poolNode;
    this.#thin = thinDevice;
    this.#origin = origin;
    this.#blockSize = pool.blockSize * SECTOR;
    this.#startsAtZero = line.start === 0n;
    this.#io = new ThinIo(pool, thinDevice, new DataBlocks(poolNode, this.#blockSize), origin);
    pool.take();
    pool.activeThins.add(this);
  }

  get longestIo(): number {
    return this.#blockSize;
  }

  read(at: number, into: Uint8Array): void {
    this.#eachBlock(at, into.length, (block, within, from, to) =>
      this.#io.read(block, within, into.subarray(from, to)),
    );
  }

  write(at: number, data: Uint8Array, inPages = false): void {
    const pieces: Piece[] = [];
    this.#eachBlock(at, data.length, (block, within, from, to) =>
      pieces.push({ block, within, bytes: data.subarray(from, to), inPages }),
    );
    this.#io.write(pieces);
  }

  discard(at: number, length: number): void {
    this.#io.discard(at, at + length);
  }

  flush(): void {
    this.#io.flush(this.#startsAtZero);
  }

  /** As far as the pool's table reaches; nothing where no table is in control of the pool. */
  areas(): readonly DeviceArea[] {
    const control = this.#pool.control;
    if (control === undefined) return [];
    const size = BigInt(this.#pool.blockSize);
    const length = (control.length / size) * size;
    return length === 0n ? [] : [{ node: this.#poolNode, start: 0n, length }];
  }

  /** `<mapped sectors> <highest mapped sector>`; `Error` where the mappings went with an abort. */
  status(): string {
    if (this.#pool.mode === 'fail') return 'Fail';
    const size = this.#pool.blockSize;
    try {
      const highest = this.#pool.metadata.highestMappedBlock(this.#thin);
      return `${this.#thin.mappedBlocks * size} ${highest === undefined ? '-' : (highest + 1) * size - 1}`;
    } catch (failure) {
      refusalOf(failure);
      return 'Error';
    }
  }

  measurement(): string {
    return this.#pool.mode === 'fail' ? 'Fail' : '';
  }

  tableParams(): string {
    if (this.#pool.mode === 'fail') return 'Fail';
    const origin = this.#origin === undefined ? '' : ` ${formatDeviceNumber(this.#origin.node.number)}`;
    return `${formatDeviceNumber(this.#poolNode.number)} ${this.#thin.id}${origin}`;
  }

  preresume(): void {
    if (this.#origin !== undefined) this.#origin.size = this.#origin.node.size;
  }

  destroy(): void {
    this.#pool.activeThins.delete(this);
    // The pool may go with this, so the device is closed first.
    this.#pool.metadata.closeThin(this.#thin);
    this.#pool.give();
  }

  /** Cuts an I/O at the borders of data blocks; all pieces are tried, and the first failure is the I/O's. */
  #eachBlock(
    at: number,
    length: number,
    access: (block: number, within: number, from: number, to: number) => unknown,
  ): void {
    const failures = new Failures();
    for (let from = 0; from < length; ) {
      const block = Math.floor((at + from) / this.#blockSize);
      const within = at + from - block * this.#blockSize;
      const to = Math.min(length, from + this.#blockSize - within);
      const begin = from;
      failures.of(() => access(block, within, begin, to));
      from = to;
    }
    failures.throwFirst();
  }
}

function attempt<Result>(operation: () => Result): Result {
  try {
    return operation();
  } catch (failure) {
    throw refusalOf(failure);
  }
}
