import { type BitmapEntry, decodeBitmapEntry, encodeBitmapEntry } from '../format/bitmap-entry.ts';
import { indexEntryOffset, MAX_METADATA_BITMAPS, METADATA_INDEX } from '../format/metadata-index.ts';
import type { TransactionManager } from '../transaction/transaction-manager.ts';
import type { BitmapIndex } from './bitmap-index.ts';

const NO_BITMAP: BitmapEntry = { bitmap: 0, free: 0, noneFreeBefore: 0 };

/** The metadata space map's list: kept in memory, since looking it up must not need it, and written as one block. */
export class ResidentIndex implements BitmapIndex {
  readonly limit: number = MAX_METADATA_BITMAPS;
  readonly #transaction: TransactionManager;
  #root: number;
  #entries: BitmapEntry[];
  #isChanged = false;

  private constructor(transaction: TransactionManager, root: number, entries: BitmapEntry[]) {
    this.#transaction = transaction;
    this.#root = root;
    this.#entries = entries;
  }

  static create(transaction: TransactionManager): ResidentIndex {
    return new ResidentIndex(transaction, transaction.allocate(METADATA_INDEX).number, []);
  }

  /** Reads the list of `count` bitmaps. @throws DmError CORRUPT (ENOTBLK, EILSEQ), IO. */
  static open(transaction: TransactionManager, root: number, count: number): ResidentIndex {
    const { view } = transaction.read(root, METADATA_INDEX);
    const length = Math.min(count, MAX_METADATA_BITMAPS);
    const entries = Array.from({ length }, (_, bitmap) => decodeBitmapEntry(view, indexEntryOffset(bitmap)));
    return new ResidentIndex(transaction, root, entries);
  }

  get root(): number {
    return this.#root;
  }

  load(bitmap: number): BitmapEntry {
    return this.#entries[bitmap] ?? NO_BITMAP;
  }

  save(bitmap: number, entry: BitmapEntry): void {
    this.#entries[bitmap] = entry;
    this.#isChanged = true;
  }

  commit(): void {
    if (!this.#isChanged) return;
    // Shadowing the block takes and gives back blocks, which changes entries: encode them only afterwards.
    const block = this.#transaction.shadow(this.#root, METADATA_INDEX);
    this.#entries.forEach((entry, bitmap) => {
      encodeBitmapEntry(block.view, indexEntryOffset(bitmap), entry);
    });
    this.#root = block.number;
    this.#isChanged = false;
  }

  snapshot(): ResidentIndex {
    return new ResidentIndex(this.#transaction, this.#root, this.#entries.slice());
  }
}
