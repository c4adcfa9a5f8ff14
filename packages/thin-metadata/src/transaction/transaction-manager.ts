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
    return this.#cache.zeroed(this.space.allocate(), kind);
  }

  /** The block itself, where it may be changed where it is: this transaction made it, and nobody shares it. */
  changeable(number: number, kind: BlockKind): Block | undefined {
    const block = this.#cache.read(number, kind);
    return block.isDirty && !this.space.isShared(number) ? block : undefined;
  }

  /**
   * The block to change in place of `number`: itself, where it may be, or a copy, in which case one reference moves from
   * `number` to the copy. Where others go on referring to the original, `adopt` has to count the copy's references to
   * its children.
   * @throws DmError NO_SPACE (ENOSPC).
   */
  shadow(number: number, kind: BlockKind, adopt?: (copy: Block) => void): Block {
    const original = this.#cache.read(number, kind);
    const isShared = this.space.isShared(number);
    if (!isShared && original.isDirty) return original;
    const place = this.space.allocate();
    this.space.decrement(number, number + 1);
    const copy = this.#cache.copied(place, original);
    if (isShared) adopt?.(copy);
    else this.#cache.supersede(number);
    return copy;
  }
}
