import { DmError, type ThinId } from '@dmthin/domain';
import type { DeviceDetails } from '../format/device-details.ts';
import type { DetailsTree } from './details-tree.ts';
import { type ThinDevice, ThinRecord } from './thin-device.ts';

/**
 * The thin devices in core: those that were opened, made or changed. One that is not open goes with the commit of a change
 * of it, and not before: the kernel opens it again without a look at the details.
 */
export class ThinRecords {
  readonly #records = new Map<ThinId, ThinRecord>();
  readonly #changed = new Set<ThinRecord>();
  #sequence = 0;

  /** The record of a device that is in core. */
  peek(id: ThinId): ThinRecord | undefined {
    return this.#records.get(id);
  }

  /** Whether any device is open. */
  get hasOpen(): boolean {
    for (const { openCount } of this.#records.values()) if (openCount > 0) return true;
    return false;
  }

  /** The devices that are not in the details yet, or differ from them. */
  get changed(): ReadonlySet<ThinRecord> {
    return this.#changed;
  }

  /** @throws DmError NO_DATA (ENODATA): the pool has no such device. */
  open(id: ThinId, details: DetailsTree): ThinRecord {
    const record = this.obtain(id, details);
    record.openCount++;
    return record;
  }

  close(thin: ThinDevice): void {
    this.#demand(thin).openCount--;
  }

  /** Brings a device in core without opening it. @throws DmError NO_DATA (ENODATA): the pool has no such device. */
  obtain(id: ThinId, details: DetailsTree): ThinRecord {
    const known = this.#records.get(id);
    if (known !== undefined) return known;
    const stored = details.lookup(id);
    if (stored === undefined) throw unknown(id);
    return this.#add(id, stored);
  }

  /** Brings a new device in core. */
  create(id: ThinId, details: DeviceDetails): ThinRecord {
    const record = this.#add(id, details);
    this.markChanged(record);
    return record;
  }

  markChanged(record: ThinRecord): void {
    record.isChanged = true;
    this.#changed.add(record);
  }

  remove(record: ThinRecord): void {
    this.#records.delete(record.id);
    this.#changed.delete(record);
  }

  /**
   * The record of an open device, to be changed.
   * @throws DmError CLOSED: not open any more. NO_DATA (ENODATA): an abort took the device along.
   */
  forChange(thin: ThinDevice, details: DetailsTree): ThinRecord {
    const record = this.#demand(thin);
    this.refresh(record, details);
    return record;
  }

  /** Reads counts anew that an abort left behind. @throws DmError NO_DATA (ENODATA): it took the device along. */
  refresh(record: ThinRecord, details: DetailsTree): void {
    if (!record.isStale) return;
    const stored = details.lookup(record.id);
    if (stored === undefined) throw unknown(record.id);
    record.mappedBlocks = stored.mappedBlocks;
    record.snapshottedTime = stored.snapshottedTime;
    record.isChanged = false;
    record.isStale = false;
    this.#changed.delete(record);
  }

  /** Writes what changed to the details, last opened first, and lets go of what is not open (__write_changed_details). */
  writeTo(details: DetailsTree): void {
    for (const record of [...this.#changed].sort((a, b) => b.sequence - a.sequence)) {
      if (!record.isStale) details.set(record.id, record);
      record.isChanged = false;
      this.#changed.delete(record);
      if (record.openCount === 0) this.#records.delete(record.id);
    }
  }

  /**
   * Keeps all, also devices that were made since the last commit: the kernel still opens those, until the pool is taken
   * down. Counts that differ from the last commit stay as they are, but are not to be written.
   */
  abort(): void {
    for (const record of this.#records.values()) {
      record.hasLostChanges = record.isChanged;
      record.isStale = record.isChanged;
    }
  }

  /** Forgets what an abort left and nobody has open: the first change after it, which no kernel makes. */
  forgetLost(): void {
    for (const record of this.#records.values()) if (record.isStale && record.openCount === 0) this.remove(record);
  }

  #add(id: ThinId, details: DeviceDetails): ThinRecord {
    const record = new ThinRecord(id, details, this.#sequence++);
    this.#records.set(id, record);
    return record;
  }

  #demand(thin: ThinDevice): ThinRecord {
    const record = this.#records.get(thin.id);
    if (record === thin && record.openCount > 0) return record;
    throw new DmError('CLOSED', `thin device ${thin.id} is not open any more`, { subject: `thin device ${thin.id}` });
  }
}

function unknown(id: ThinId): DmError {
  return new DmError('NO_DATA', `the pool has no thin device ${id}`, {
    errno: 'ENODATA',
    operation: 'open',
    subject: `thin device ${id}`,
  });
}
