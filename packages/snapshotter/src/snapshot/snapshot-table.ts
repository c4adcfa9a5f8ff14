import { DmError } from '@dmthin/domain';
import type { SnapshotRecord } from '@dmthin/ports';

/** The snapshots in memory, as their records on disk say, and those that are just being made. Records are replaced, never changed. */
export class SnapshotTable {
  readonly #byName = new Map<string, SnapshotRecord>();
  /** How many were made, or are being made, from a committed one. */
  readonly #children = new Map<string, number>();
  /** Names of those whose removal has begun: nobody may make another from them. */
  readonly #leaving = new Set<string>();
  #lastId: number;

  /** @param lastId the highest that was ever given out, as far as is known. */
  constructor(records: Iterable<SnapshotRecord>, lastId: number) {
    this.#lastId = lastId;
    for (const record of records) {
      this.#byName.set(record.name, record);
      if (record.parent !== undefined) this.#count(record.parent, 1);
    }
  }

  newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  all(): Iterable<SnapshotRecord> {
    return this.#byName.values();
  }

  find(name: string): SnapshotRecord | undefined {
    return this.#byName.get(name);
  }

  /** @throws DmError NOT_FOUND. */
  get(name: string): SnapshotRecord {
    const record = this.#byName.get(name);
    if (record !== undefined) return record;
    throw new DmError('NOT_FOUND', `snapshot "${name}" does not exist`, { subject: name });
  }

  /** @throws DmError ALREADY_EXISTS. */
  refuseTaken(name: string): void {
    if (this.#byName.has(name))
      throw new DmError('ALREADY_EXISTS', `snapshot "${name}" exists already`, { subject: name });
  }

  /** A snapshot to be made from; it stays until `release`. @throws DmError NOT_FOUND. INVALID_ARGUMENT: not committed. */
  hold(parent: string): SnapshotRecord {
    const record = this.#byName.get(parent);
    if (record === undefined || this.#leaving.has(parent))
      throw new DmError('NOT_FOUND', `parent snapshot "${parent}" does not exist`, { subject: parent });
    if (record.kind !== 'committed')
      throw new DmError('INVALID_ARGUMENT', `parent "${parent}" is not a committed snapshot`, {
        subject: parent,
        remedy: 'Commit it first.',
      });
    this.#count(parent, 1);
    return record;
  }

  release(parent: string): void {
    this.#count(parent, -1);
  }

  /** Begins a removal. @throws DmError CONFLICT: others were made from it, or are being made. */
  leave(name: string): void {
    const children = this.#children.get(name) ?? 0;
    if (children > 0)
      throw new DmError('CONFLICT', `cannot remove snapshot "${name}" with child: ${children} were made from it`, {
        operation: 'remove',
        subject: name,
        remedy: 'Remove those first.',
      });
    this.#leaving.add(name);
  }

  /** The removal came to nothing. */
  stay(name: string): void {
    this.#leaving.delete(name);
  }

  /** Adds a record whose parent is held, or puts it in the place of the one that was called `before`. */
  put(record: SnapshotRecord, before: string = record.name): void {
    this.#byName.delete(before);
    this.#byName.set(record.name, record);
  }

  remove({ name, parent }: SnapshotRecord): void {
    this.#byName.delete(name);
    this.#leaving.delete(name);
    if (parent !== undefined) this.release(parent);
  }

  #count(parent: string, change: 1 | -1): void {
    const count = (this.#children.get(parent) ?? 0) + change;
    if (count === 0) this.#children.delete(parent);
    else this.#children.set(parent, count);
  }
}
