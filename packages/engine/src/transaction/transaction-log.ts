import {
  type Bytes,
  DmError,
  openIntent,
  type RecoveryStep,
  recoveryOf,
  type ThinId,
  type TransactionId,
  transactionId,
  type VolumeId,
} from '@dmthin/domain';
import type { CancelSignal, Intent, Log, VolumeRecord } from '@dmthin/ports';
import { asDmError, withUndoError } from '../failure/failure.ts';
import { FifoLock } from '../lock/fifo-lock.ts';
import type { Volume } from '../thin-pool.ts';
import { recordOf, shownId } from '../volume/volume-table.ts';
import { carryOut, type RecoveryPorts } from './carry-out.ts';

export interface TransactionPorts extends RecoveryPorts {
  readonly log: Log;
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

interface Unsettled {
  readonly intent: Intent;
  readonly settle: () => Promise<unknown>;
}

/**
 * The transactions of a pool: intent on disk, message to the pool, record on disk, transaction id moved on (design.md
 * section 4, docker-devicemapper.md 5). One at a time, under the pool's one lock, which is held around these steps only.
 *
 * A change that fails is undone at once, as recovery would undo it at the next opening. Where that fails too, it is tried
 * again before the next change: that one would overwrite the intent, and the thin device would be forgotten.
 */
export class TransactionLog {
  readonly #ports: TransactionPorts;
  readonly #lock = new FifoLock();
  /** The pool's transaction id; undefined where it has to be asked for. */
  #current: TransactionId | undefined;
  #unsettled: Unsettled | undefined;
  /** Whether the next thin id may be taken by a thin device that is not ours: at first, and after one that was. */
  #isNextInDoubt = true;

  constructor(ports: TransactionPorts) {
    this.#ports = ports;
  }

  /** Recovery of an intent that could not be carried out yet: `settle` is run before the next change. */
  putOff(intent: Intent, settle: () => Promise<unknown>): void {
    this.#unsettled = { intent, settle };
  }

  /**
   * Makes a volume under a thin id that is free. One that turns out to be taken (EEXIST) stays marked as used, its intent
   * is closed at once, and another gets an intent of its own: recovery must not delete the thin device of somebody else
   * (defect 3).
   * @throws DmError NO_SPACE: no thin id is left. What the pool and the records throw; nothing is made then.
   */
  async make(making: Making, signal?: CancelSignal): Promise<Volume> {
    return this.#lock.run(async () => {
      await this.#settleFirst();
      for (;;) {
        const volume = await this.#tryToMake(making, await this.#takeId());
        if (volume !== undefined) return volume;
      }
    }, signal);
  }

  /**
   * Deletes the thin device of a volume, then its record. One that the pool does not know (any more) counts as deleted.
   * @throws DmError BUSY: a table uses it; the volume is marked as deleted where that was asked for. What the pool and the
   * records throw: the volume is as it was, or the thin device is gone, and the volume marked until its record is too.
   */
  async unmake(volume: Volume, { mark }: UnmakeOptions, signal?: CancelSignal): Promise<void> {
    await this.#lock.run(async () => {
      await this.#settleFirst();
      const { ids, pool, records, volumes } = this.#ports;
      const intent = await this.#open(volume.id, volume.thinId);
      try {
        await pool.deleteThin(volume.thinId);
      } catch (error) {
        if (!DmError.is(error, 'NO_DATA')) throw await this.#keep(intent, volume, mark, error);
      }
      try {
        await records.removeVolume(volume.id);
      } catch (error) {
        // Its thin id is not free before the record is gone: a record that named the thin device of another volume would
        // take that one along.
        this.putOff(intent, () => carryOut(this.#ports, intent, stepsFor(intent, recordOf(volume), false)));
        volumes.put({ ...recordOf(volume), isDeleted: true });
        throw error;
      }
      volumes.remove(volume.id);
      ids.free(volume.thinId);
      await this.#close(intent);
    }, signal);
  }

  /** Undefined: the thin id is taken by a thin device that is not ours. */
  async #tryToMake({ volume: id, size, make }: Making, thinId: ThinId): Promise<Volume | undefined> {
    const { ids, log, records, volumes } = this.#ports;
    const intent = await this.#open(id, thinId).catch((error: unknown) => {
      ids.free(thinId);
      throw error;
    });
    try {
      await make(thinId);
    } catch (error) {
      if (!isRefusal(error)) throw await this.#undo(intent, error);
      await this.#close(intent);
      if (!DmError.is(error, 'ALREADY_EXISTS')) {
        ids.free(thinId);
        throw error;
      }
      this.#isNextInDoubt = true;
      log.write('warn', `thin id ${thinId} is taken in the pool by no volume of this root; another is used`, {
        thinId,
      });
      return undefined;
    }
    const record: VolumeRecord = { ...intent, size, isInitialized: false, isDeleted: false };
    try {
      await records.saveVolume(record);
      await this.#commit(intent);
    } catch (error) {
      throw await this.#undo(intent, error);
    }
    return volumes.put(record);
  }

  /**
   * A free thin id. The first, and those after one that was taken, are asked for in the pool, so that the intent names
   * none that is somebody else's. Not each one: the kernel logs a warning for a probe.
   */
  async #takeId(): Promise<ThinId> {
    const { ids, pool } = this.#ports;
    for (;;) {
      const id = ids.take();
      if (!this.#isNextInDoubt) return id;
      const isTaken = await pool.hasThin(id).catch((error: unknown) => {
        ids.free(id);
        throw error;
      });
      this.#isNextInDoubt = isTaken;
      if (!isTaken) return id;
    }
  }

  /** The thin device could not be deleted: the intent must not delete it at the next opening. Gives the error. */
  async #keep(intent: Intent, volume: Volume, mark: boolean, error: unknown): Promise<DmError> {
    const { records, volumes } = this.#ports;
    try {
      if (mark && !volume.isDeleted && DmError.is(error, 'BUSY')) {
        const record = { ...recordOf(volume), isDeleted: true };
        await records.saveVolume(record);
        volumes.put(record);
      }
    } catch (markError) {
      return asDmError(markError);
    } finally {
      await this.#close(intent);
    }
    return asDmError(error);
  }

  /** Undoes a making that failed, and gives the error it failed with. */
  async #undo(intent: Intent, error: unknown): Promise<DmError> {
    this.putOff(intent, () => carryOut(this.#ports, intent, stepsFor(intent, intent, 'unknown')));
    try {
      await this.#settle();
      return asDmError(error);
    } catch (undoError) {
      return withUndoError(error, undoError);
    }
  }

  async #settle(): Promise<void> {
    if (this.#unsettled === undefined) return;
    await this.#unsettled.settle();
    this.#unsettled = undefined;
  }

  async #settleFirst(): Promise<void> {
    const unsettled = this.#unsettled;
    if (unsettled === undefined) return;
    try {
      await this.#settle();
    } catch (error) {
      const { code, errno, message, remedy } = asDmError(error);
      const { thinId, volume } = unsettled.intent;
      throw new DmError(
        code,
        `nothing can be changed before an interrupted change is undone (${shownId(volume)}, thin id ${thinId}): ${message}`,
        { errno, subject: volume, remedy: remedy ?? 'Mend what keeps the pool from it, then try again.', cause: error },
      );
    }
  }

  async #open(volume: VolumeId, thinId: ThinId): Promise<Intent> {
    this.#current ??= await this.#ports.pool.transactionId();
    const intent = openIntent(this.#current, volume, thinId);
    await this.#ports.records.saveIntent(intent);
    return intent;
  }

  /** @throws DmError CONFLICT: the pool's transaction id is not what this log left there. */
  async #commit({ transactionId: to }: Intent): Promise<void> {
    const { pool } = this.#ports;
    const from = transactionId(to - 1n);
    try {
      await pool.setTransactionId(from, to);
    } catch (error) {
      // It is asked for again: the next change goes on from what the pool has.
      this.#current = undefined;
      if (!DmError.is(error, 'INVALID_ARGUMENT')) throw error;
      throw new DmError('CONFLICT', `the transaction id of pool "${pool.name}" is no longer ${from}`, {
        errno: error.errno,
        operation: 'set_transaction_id',
        subject: pool.name,
        remedy: 'Another program changes this pool too (LVM, a second dmthin?); stop it, then try again.',
        cause: error,
      });
    }
    this.#current = to;
  }

  /**
   * Closes an intent that announces nothing any more: by the transaction id, which costs no save and leaves no moment
   * between, or else by removing it. Where neither works, its thin device is gone, or recovery asks about it.
   */
  async #close(intent: Intent): Promise<void> {
    try {
      await this.#commit(intent);
    } catch (error) {
      this.#told('its intent is removed instead', intent, error);
      await this.#ports.records
        .removeIntent()
        .catch((second: unknown) => this.#told('its intent stays', intent, second));
    }
  }

  #told(what: string, { volume, thinId, transactionId: id }: Intent, error: unknown): void {
    this.#ports.log.write('warn', `transaction ${id} could not be closed; ${what}`, { volume, thinId, error });
  }
}

/** The pool itself refused the message, with an errno: nothing was made. Without one, nobody knows. */
function isRefusal(error: unknown): boolean {
  return error instanceof DmError && error.operation === 'message' && error.errno !== undefined;
}

/** What recovery would do about the intent, were this process to end now. */
function stepsFor(
  intent: Intent,
  record: Pick<VolumeRecord, 'thinId' | 'transactionId'>,
  isThinPresent: false | 'unknown',
): readonly RecoveryStep[] {
  const poolTransaction = transactionId(intent.transactionId - 1n);
  const recovery = recoveryOf({ poolTransaction, intent, record, thinIdsOfOthers: new Set(), isThinPresent });
  return 'steps' in recovery ? recovery.steps : [];
}
