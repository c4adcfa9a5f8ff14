import { DmError } from '@dmthin/domain';
import { type Btree, createTree } from '../btree/btree.ts';
import { insert } from '../btree/insert.ts';
import { lookup } from '../btree/lookup.ts';
import { BITMAP_ENTRY_SIZE, type BitmapEntry, decodeBitmapEntry } from '../format/bitmap-entry.ts';
import { valueOffset } from '../format/node.ts';
import type { TransactionManager } from '../transaction/transaction-manager.ts';
import type { BitmapIndex } from './bitmap-index.ts';

/** IE_CACHE_SIZE, and the low word of dm_hash_block's prime. */
const SLOTS = 64;
const PRIME = -5;

interface Slot {
  readonly bitmap: number;
  readonly entry: BitmapEntry;
  readonly isDirty: boolean;
}

/**
 * The data space map's list, a btree. Entries in use are kept in 64 slots and written to the tree when another needs
 * the slot or at commit, as the kernel does since 5.14 (ie_cache): when it writes decides which blocks it takes.
 */
export class TreeIndex implements BitmapIndex {
  readonly limit: number = Number.POSITIVE_INFINITY;
  readonly #tree: Btree;
  readonly #slots: (Slot | undefined)[];
  #root: number;
  #isChanged = false;

  private constructor(transaction: TransactionManager, root: number, slots: (Slot | undefined)[]) {
    this.#tree = { transaction, type: { size: BITMAP_ENTRY_SIZE } };
    this.#root = root;
    this.#slots = slots;
  }

  static create(transaction: TransactionManager): TreeIndex {
    return new TreeIndex(transaction, createTree({ transaction, type: { size: BITMAP_ENTRY_SIZE } }), emptySlots());
  }

  static open(transaction: TransactionManager, root: number): TreeIndex {
    return new TreeIndex(transaction, root, emptySlots());
  }

  get root(): number {
    return this.#root;
  }

  load(bitmap: number): BitmapEntry {
    const place = placeOf(bitmap);
    const slot = this.#slots[place];
    if (slot?.bitmap === bitmap) return slot.entry;
    if (slot?.isDirty === true) this.#writeBack(slot);
    const found = lookup(this.#tree, this.#root, bitmap);
    if (found === undefined) throw unlisted(bitmap, this.#root);
    const entry = decodeBitmapEntry(found.leaf.view, valueOffset(found.leaf, found.index));
    this.#slots[place] = { bitmap, entry, isDirty: false };
    return entry;
  }

  save(bitmap: number, entry: BitmapEntry): void {
    const place = placeOf(bitmap);
    const slot = this.#slots[place];
    this.#isChanged = true;
    if (slot?.isDirty === true && slot.bitmap !== bitmap) this.#writeBack(slot);
    this.#slots[place] = { bitmap, entry, isDirty: true };
  }

  commit(): void {
    if (!this.#isChanged) return;
    for (const [place, slot] of this.#slots.entries()) {
      if (slot?.isDirty !== true) continue;
      this.#slots[place] = { ...slot, isDirty: false };
      this.#writeBack(slot);
    }
    this.#isChanged = false;
  }

  snapshot(): TreeIndex {
    return new TreeIndex(this.#tree.transaction, this.#root, this.#slots.slice());
  }

  #writeBack({ bitmap, entry }: Slot): void {
    const { bitmap: block, free, noneFreeBefore } = entry;
    const words = [block >>> 0, Math.floor(block / 0x1_0000_0000), free, noneFreeBefore];
    this.#root = insert(this.#tree, this.#root, bitmap, words).root;
  }
}

function placeOf(bitmap: number): number {
  return Math.imul(bitmap, PRIME) & (SLOTS - 1);
}

function emptySlots(): (Slot | undefined)[] {
  return new Array<Slot | undefined>(SLOTS).fill(undefined);
}

function unlisted(bitmap: number, root: number): DmError {
  return new DmError('CORRUPT', `the data space map has no entry for its bitmap ${bitmap}`, {
    errno: 'ENODATA',
    operation: 'read',
    subject: `metadata block ${root}`,
    remedy: 'Take the pool down and check its metadata (thin_check).',
  });
}
