import { formatDeviceNumber } from '@dmthin/domain';
import type { BlockNode } from '../block/block-node.ts';
import { Refusal } from '../errno/refusal.ts';
import { metadataBlocksOf } from '../pool/node-metadata-device.ts';
import type { Pool, PoolControl } from '../pool/pool.ts';
import { errnoOf, refusalOf } from '../pool/pool-fault.ts';
import { formatFeatures, type PoolFeatures, parseFeatures } from '../pool/pool-features.ts';
import { messagePool } from '../pool/pool-messages.ts';
import type { PoolMode } from '../pool/pool-mode.ts';
import { formatPoolStatus, metadataLowMark } from '../pool/pool-status.ts';
import { parseUnsigned64 } from '../table/numbers.ts';
import type { DeviceArea, StatusRequest, TableBuild, Target, TargetSpec, TargetType } from './target.ts';

// DATA_DEV_BLOCK_SIZE_MIN_SECTORS and _MAX_SECTORS: 64 KiB to 1 GiB.
const MIN_BLOCK_SIZE = 128n;
const MAX_BLOCK_SIZE = 2_097_152n;

/** `thin-pool <metadata> <data> <block size> <low water mark> [<#features> <feature>...]` */
export const thinPool: TargetType = {
  name: 'thin-pool',
  version: [1, 22, 0],
  isSingleton: true,
  isAlwaysWriteable: true,
  isImmutable: true,
  create: (line, words, build) => {
    const [metadata, data, blockSize, lowWaterMark, ...features] = words;
    if (metadata === undefined || data === undefined || blockSize === undefined || lowWaterMark === undefined)
      throw new Refusal('EINVAL', 'thin-pool: Invalid argument count');
    if (metadata === data) throw new Refusal('EINVAL', 'thin-pool: Error setting metadata or data device');
    const requested = parseFeatures(features);
    const metadataNode = build.open(metadata, requested.isReadOnly ? 'r' : 'rw');
    const dataNode = build.open(data, 'rw');
    const sectors = readBlockSize(blockSize);
    const mark = parseUnsigned64(lowWaterMark);
    if (mark === undefined) throw new Refusal('EINVAL', 'thin-pool: Invalid low water mark');
    const pool = findPool(build, metadataNode, dataNode, sectors, requested);
    return new ThinPoolTarget(line, pool, requested, mark);
  },
};

function readBlockSize(text: string): number {
  const size = parseUnsigned64(text);
  if (size === undefined || size < MIN_BLOCK_SIZE || size > MAX_BLOCK_SIZE || size % MIN_BLOCK_SIZE !== 0n)
    throw new Refusal('EINVAL', 'thin-pool: Invalid block size');
  return Number(size);
}

function findPool(
  build: TableBuild,
  metadataNode: BlockNode,
  dataNode: BlockNode,
  blockSize: number,
  requested: PoolFeatures,
): Pool {
  const { pool, isNew } = build.pools.find({
    device: build.device,
    metadataNode,
    dataNode,
    blockSize,
    isReadOnly: requested.isReadOnly,
  });
  try {
    // Compared with what is bound, which before the first resume is "discards on" (dm-kernel.md 3.1, 8).
    if (!isNew && requested.discards !== pool.features.discards)
      throw new Refusal('EINVAL', 'thin-pool: Discard support cannot be disabled once enabled');
    if (pool.mode === 'fail') throw new Refusal('EINVAL', 'thin-pool: the pool failed');
    pool.metadata.onMetadataLow(metadataLowMark(pool), () => pool.event());
    return pool;
  } catch (failure) {
    pool.give();
    throw failure;
  }
}

class ThinPoolTarget implements Target, PoolControl {
  readonly type: TargetType = thinPool;
  readonly requested: PoolFeatures;
  readonly lowWaterMark: bigint;
  readonly length: bigint;
  mode: PoolMode;
  readonly #pool: Pool;
  #passesDiscardsDown: boolean;

  constructor({ length }: TargetSpec, pool: Pool, requested: PoolFeatures, lowWaterMark: bigint) {
    this.length = length;
    this.requested = requested;
    this.lowWaterMark = lowWaterMark;
    this.mode = requested.isReadOnly ? 'read-only' : 'write';
    this.#pool = pool;
    this.#passesDiscardsDown = requested.passesDiscardsDown;
  }

  /** Off by itself where the data device took no discards when that was looked at, for as long as the table lives. */
  get passesDiscardsDown(): boolean {
    return this.#passesDiscardsDown;
  }

  takeLimits(): void {
    if (this.requested.discards && !this.#pool.dataNode.canDiscard) this.#passesDiscardsDown = false;
  }

  get hasWriteCache(): boolean {
    return this.#pool.dataNode.hasWriteCache;
  }

  get canDiscard(): boolean {
    return this.requested.discards && this.requested.passesDiscardsDown && this.#pool.dataNode.canDiscard;
  }

  read(at: number, into: Uint8Array): void {
    this.#pool.dataNode.read(at, into);
  }

  write(at: number, data: Uint8Array, inPages?: boolean): void {
    this.#pool.dataNode.write(at, data, inPages);
  }

  discard(at: number, length: number): void {
    this.#pool.dataNode.discard(at, length);
  }

  flush(): void {
    this.#pool.dataNode.flush();
  }

  areas(): readonly DeviceArea[] {
    return [{ node: this.#pool.dataNode, start: 0n, length: this.length }];
  }

  status({ noFlush }: StatusRequest): string {
    if (this.#pool.mode === 'fail') return 'Fail';
    if (!noFlush && !this.#pool.device.isSuspended) {
      this.#pool.assertFlows();
      this.#pool.commit();
    }
    return formatPoolStatus(this.#pool);
  }

  tableParams(): string {
    const { metadataNode, dataNode, blockSize } = this.#pool;
    const devices = `${formatDeviceNumber(metadataNode.number)} ${formatDeviceNumber(dataNode.number)}`;
    return `${devices} ${blockSize} ${this.lowWaterMark} ${formatFeatures(this.requested)}`;
  }

  message(words: readonly string[]): undefined {
    this.#pool.assertFlows();
    messagePool(this.#pool, words);
  }

  presuspend(): void {
    this.#pool.suspend();
  }

  postsuspend(): void {
    this.#pool.suspended();
  }

  preresume(): void {
    this.#pool.bind(this);
    try {
      const hasGrown = [this.#growData(), this.#growMetadata()].includes(true);
      if (hasGrown) this.#pool.commit();
    } catch (failure) {
      const refusal = refusalOf(failure);
      // A failed pool has to be resumed all the same, so that its I/O can fail.
      if (this.#pool.mode !== 'fail') throw refusal;
    }
  }

  resume(): void {
    this.#pool.resume();
  }

  destroy(): void {
    this.#pool.unbind(this);
    this.#pool.give();
  }

  #growData(): boolean {
    const { metadata, blockSize } = this.#pool;
    return this.#grow('data', Number(this.length / BigInt(blockSize)), metadata.dataBlocks, (blocks) =>
      metadata.growData(blocks),
    );
  }

  #growMetadata(): boolean {
    const pool = this.#pool;
    return this.#grow('metadata', metadataBlocksOf(pool.metadataNode), pool.metadata.metadataBlocks, (blocks) => {
      if (pool.mode === 'out-of-metadata-space') pool.setMode('write');
      pool.metadata.growMetadata(blocks);
    });
  }

  /** @throws Refusal EINVAL: it has become smaller. What the metadata gives: the pool is read-only then. */
  #grow(what: string, blocks: number, known: number, resize: (blocks: number) => void): boolean {
    if (blocks < known)
      throw new Refusal('EINVAL', `thin-pool: ${what} device (${blocks} blocks) too small: expected ${known}`);
    if (blocks === known || this.#pool.metadata.needsCheck) return false;
    try {
      resize(blocks);
      return true;
    } catch (failure) {
      errnoOf(failure);
      this.#pool.metadataFailed(failure);
      throw failure;
    }
  }
}
