import { openPoolMetadata, type PoolMetadata } from '@dmthin/thin-metadata';
import type { BlockNode } from '../block/block-node.ts';
import { Refusal } from '../errno/refusal.ts';
import type { Personality } from '../personality/personality.ts';
import type { OwnDevice } from '../target/own-device.ts';
import type { KernelTime } from '../time/kernel-time.ts';
import { NodeMetadataDevice } from './node-metadata-device.ts';
import { Pool } from './pool.ts';
import { refusalOf } from './pool-fault.ts';

export interface PoolRequest {
  readonly device: OwnDevice;
  readonly metadataNode: BlockNode;
  readonly dataNode: BlockNode;
  /** In sectors. */
  readonly blockSize: number;
  readonly isReadOnly: boolean;
}

/** The pools of the machine, by their thin-pool device and by their metadata device (dm_thin_pool_table). */
export class PoolTable {
  readonly #time: KernelTime;
  readonly #noSpaceTimeout: number;
  readonly #personality: Personality;
  readonly #byDevice = new Map<BlockNode, Pool>();
  readonly #byMetadata = new Map<BlockNode, Pool>();

  /** `noSpaceTimeout` in milliseconds; 0 is never. */
  constructor(time: KernelTime, noSpaceTimeout: number, personality: Personality) {
    this.#personality = personality;
    this.#time = time;
    this.#noSpaceTimeout = noSpaceTimeout;
  }

  /** The pool whose thin-pool device that is. */
  of(device: BlockNode): Pool | undefined {
    return this.#byDevice.get(device);
  }

  /**
   * The pool that a table of `device` means, made where there is none; it is taken for that table.
   * @throws Refusal EBUSY: its metadata belongs to another pool, or its data device would change. EINVAL: the device has
   * another pool; the block size is not the metadata's. What reading or formatting the metadata gives.
   */
  find(request: PoolRequest): { readonly pool: Pool; readonly isNew: boolean } {
    const { device, metadataNode, dataNode } = request;
    const owner = this.#byMetadata.get(metadataNode);
    if (owner !== undefined && owner.device !== device)
      throw new Refusal('EBUSY', 'thin-pool: metadata device already in use by a pool');
    if (owner !== undefined && owner.dataNode !== dataNode)
      throw new Refusal('EBUSY', 'thin-pool: data device already in use by a pool');
    const pool = owner ?? this.#byDevice.get(device);
    if (pool !== undefined && owner === undefined)
      throw new Refusal('EINVAL', 'thin-pool: different pool cannot replace a pool');
    const found = pool ?? this.#create(request);
    found.take();
    return { pool: found, isNew: pool === undefined };
  }

  #create({ device, metadataNode, dataNode, blockSize, isReadOnly }: PoolRequest): Pool {
    const pool = new Pool({
      device,
      metadataNode,
      dataNode,
      metadata: openMetadata(metadataNode, blockSize, isReadOnly, this.#personality),
      blockSize,
      time: this.#time,
      noSpaceTimeout: this.#noSpaceTimeout,
      onGone: () => {
        this.#byDevice.delete(device);
        this.#byMetadata.delete(metadataNode);
      },
    });
    this.#byDevice.set(device, pool);
    this.#byMetadata.set(metadataNode, pool);
    return pool;
  }
}

function openMetadata(node: BlockNode, blockSize: number, isReadOnly: boolean, personality: Personality): PoolMetadata {
  try {
    return openPoolMetadata(new NodeMetadataDevice(node), {
      dataBlockSize: blockSize,
      format: !isReadOnly,
      kernel: personality,
    });
  } catch (failure) {
    throw refusalOf(failure);
  }
}
