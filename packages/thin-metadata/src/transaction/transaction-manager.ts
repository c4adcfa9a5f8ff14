import type { Block, BlockKind } from '../format/block.ts';
import type { BlockCache } from './block-cache.ts';
import type { MetadataSpace } from './metadata-space.ts';

/**
 * Copy-on-write over metadata blocks (dm-transaction-manager.c): what the last commit wrote is never changed. A block
 * is copied the first time it has to change ("shadowed"), and then changed in place until the next commit.
 */
export class TransactionManager {
  readonly #cache: BlockCache;
  #space: MetadataSpace | undefined;

  constructor(cache: BlockCache) {
    this.#cache = cache;
  }

  /** The space map is itself made of shadowed blocks, so it can only be given once both exist. */
  manage(space: MetadataSpace): void {
    this.#space = space;
  }

  get space(): MetadataSpace {
    return this.#space as MetadataSpace;
  }

  read(number: number, kind: BlockKind): Block {
    return this.#cache.read(number, kind);
  }

  /** A new block of zeros, referred to once. @throws DmError NO_SPACE (ENOSPC). */
  allocate(kind: BlockKind): Block {
    return this.#cache.fresh(this.space.allocate(), kind);
  }

  /**
   * The block to change in place of `number`: itself, where this transaction made it and nobody shares it, or a copy,
   * in which case one reference moved from `number` to the copy. Where others go on referring to the original, `adopt`
   * has to count the copy's references to its children.
   * @throws DmError NO_SPACE (ENOSPC).
   */
  shadow(number: number, kind: BlockKind, adopt?: (copy: Block) => void): Block {
    const isShared = this.space.isShared(number);
    if (!isShared && this.#cache.isDirty(number)) return this.#cache.read(number, kind);
    const place = this.space.allocate();
    this.space.decrement(number, number + 1);
    const original = this.#cache.read(number, kind);
    const copy = this.#cache.fresh(place, kind);
    copy.bytes.set(original.bytes);
    if (isShared) adopt?.(copy);
    return copy;
  }
}
