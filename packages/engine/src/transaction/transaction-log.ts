import { type Bytes, DmError, type ThinId, type VolumeId } from '@dmthin/domain';
import { type CancelSignal, type InOrder, type Intent, on, type VolumeRecord } from '@dmthin/ports';
import { asDmError, withUndoError } from '../failure/failure.ts';
import { FifoLock } from '../lock/fifo-lock.ts';
import type { Volume } from '../thin-pool.ts';
import { recordOf } from '../volume/volume-table.ts';
import type { RecoveryPorts } from './carry-out.ts';
import { type IntentPorts, Intents } from './intents.ts';
import { markDeleted } from './mark-deleted.ts';
import { ThinIds } from './thin-ids.ts';
import { Unsettled } from './unsettled.ts';

export interface TransactionPorts extends RecoveryPorts, IntentPorts {
  readonly inOrder: InOrder;
}

/** A volume to be made. */
export interface Making {
  readonly volume: VolumeId;
  readonly size: Bytes;
  /** Asks the pool for thin device `id`. Where the pool itself refuses the message, nothing was made. */
  readonly make: (id: ThinId) => Promise<void>;
}

export interface UnmakeOptions {
  /** Mark a volume that is in use as deleted. */
  readonly mark: boolean;
}

/**
 * The transactions of a pool: intent on disk, message to the pool, record on disk, transaction id moved on (design.md
 * section 4, docker-devicemapper.md 5). One at a time, under the pool's one lock, which is held around these steps only.
 *
 * A change that fails is undone at once, as recovery would undo it at the next opening. Where that fails too, it is tried
 * again before the next change.
 */
export class TransactionLog {
  readonly #ports: TransactionPorts;
  readonly #lock = new FifoLock();
  readonly #ids: ThinIds;
  readonly #intents: Intents;
  readonly #unsettled: Unsettled;

  constructor(ports: TransactionPorts) {
    this.#ports = ports;
    this.#ids = new ThinIds(ports.ids, ports.pool);
    this.#intents = new Intents(ports);
    this.#unsettled = new Unsettled(ports);
  }

  /** Recovery of an intent that could not be carried out yet: `settle` is run before the next change. */
  putOff(intent: Intent, settle: () => Promise<unknown>): void {
    this.#unsettled.leave(intent, settle);
  }

  /**
   * Makes a volume under a thin id that is free. One that turns out to be taken (EEXIST) stays marked as used, its intent
   * is closed at once, and another gets an intent of its own: recovery must not delete the thin device of somebody else
   * (defect 3).
   * @throws DmError NO_SPACE: no thin id is left. What the pool and the records throw; nothing is made then.
   */
  async make(making: Making, signal?: CancelSignal): Promise<Volume> {
    return this.#lock.run(async () => {
      await this.#unsettled.settleFirst();
      for (;;) {
        const volume = await this.#tryToMake(making, await this.#ids.take());
        if (volume !== undefined) return volume;
      }
    }, signal);
  }

  /**
   * Deletes the thin device of a volume, then its record. One that the pool does not know (any more) counts as deleted.
   * `marked`: a table uses it, and it is marked as deleted, which lasts.
   * @throws DmError BUSY: a table uses it, and no mark was asked for. What the pool and the records throw: the volume is as
   * it was, or the thin device is gone, and the volume marked until its record is too.
   */
  async unmake(id: VolumeId, { mark }: UnmakeOptions, signal?: CancelSignal): Promise<'deleted' | 'marked'> {
    return this.#lock.run(async () => {
      await this.#unsettled.settleFirst();
      const volume = this.#ports.volumes.find(id);
      // What was left of it has just been deleted; its thin id may be another's from here on.
      if (volume === undefined) return 'deleted';
      const { records, pool, inOrder } = this.#ports;
      const intent = await this.#intents.next(volume.id, volume.thinId);
      const { done, error } = await inOrder([
        this.#intents.save(intent),
        on(pool.kernel, () => unlessUnknown(pool.deleteThin(volume.thinId))),
        on(records, () => records.removeVolume(volume.id)),
        this.#intents.commit(intent),
      ]);
      switch (done) {
        case 0:
          await this.#intents.notSaved(intent, error);
          throw error;
        case 1:
          return await this.#keep(intent, volume, mark, error);
        case 2:
          this.#leaveRecord(intent, volume);
          throw error;
        default:
          // Its thin id is not free before: a record that named the thin device of another volume would take that along.
          this.#ports.volumes.remove(volume.id);
          this.#ids.free(volume.thinId);
          if (error !== undefined) await this.#intents.notCommitted(intent, error);
          return 'deleted';
      }
    }, signal);
  }

  /** Runs `work` while no change is under way and none is left to be undone. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock.run(async () => {
      await this.#unsettled.settleFirst();
      return work();
    });
  }

  /** Undefined: the thin id is taken by a thin device that is not ours. */
  async #tryToMake({ volume: id, size, make }: Making, thinId: ThinId): Promise<Volume | undefined> {
    const { log, records, volumes, pool, inOrder } = this.#ports;
    const intent = await this.#intents.next(id, thinId).catch((error: unknown) => {
      this.#ids.free(thinId);
      throw error;
    });
    const record: VolumeRecord = { ...intent, size, isInitialized: false, isDeleted: false };
    const { done, error } = await inOrder([
      this.#intents.save(intent),
      on(pool.kernel, () => make(thinId)),
      on(records, () => records.saveVolume(record)),
      this.#intents.commit(intent),
    ]);
    if (error === undefined) return volumes.put(record);
    // Who was to do it all died of it: nobody knows how far it came.
    if (done > 1 || DmError.is(error, 'UNAVAILABLE')) throw await this.#undo(intent, error);
    if (done === 0) {
      this.#ids.free(thinId);
      await this.#intents.notSaved(intent, error);
      throw error;
    }
    if (!isRefusal(error)) throw await this.#undo(intent, error);
    await this.#intents.close(intent);
    if (!DmError.is(error, 'ALREADY_EXISTS')) {
      this.#ids.free(thinId);
      throw error;
    }
    this.#ids.doubtNext();
    log.write('warn', `thin id ${thinId} is taken in the pool by no volume of this root; another is used`, {
      thinId,
    });
    return undefined;
  }

  /** The thin device could not be deleted, so the intent must not delete it at the next opening. */
  async #keep(intent: Intent, volume: Volume, mark: boolean, error: unknown): Promise<'marked'> {
    try {
      if (!mark || !DmError.is(error, 'BUSY')) throw error;
      await markDeleted(this.#ports, volume);
      return 'marked';
    } finally {
      await this.#intents.close(intent);
    }
  }

  /** The thin device is gone, and its record could not be removed: nobody uses the volume any more. */
  #leaveRecord(intent: Intent, volume: Volume): void {
    this.#unsettled.leaveDeletion(intent, recordOf(volume));
    this.#ports.volumes.put({ ...recordOf(volume), isDeleted: true });
  }

  /** Undoes a making that failed, and gives the error it failed with. */
  async #undo(intent: Intent, error: unknown): Promise<DmError> {
    this.#unsettled.leaveMaking(intent);
    try {
      await this.#unsettled.settle();
      return asDmError(error);
    } catch (undoError) {
      return withUndoError(error, undoError);
    }
  }
}

/** The pool itself refused the message, with an errno: nothing was made. Without one, nobody knows. */
function isRefusal(error: unknown): boolean {
  return error instanceof DmError && error.operation === 'message' && error.errno !== undefined;
}

/** One that the pool does not know (any more) is as good as deleted. */
async function unlessUnknown(deletion: Promise<void>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!DmError.is(error, 'NO_DATA')) throw error;
  }
}
