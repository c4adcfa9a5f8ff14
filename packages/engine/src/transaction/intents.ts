import { DmError, openIntent, type ThinId, type TransactionId, transactionId, type VolumeId } from '@dmthin/domain';
import { type Intent, type Log, on, type PortCall, type Records } from '@dmthin/ports';
import type { PoolDevice } from '../pool/pool-device.ts';

export interface IntentPorts {
  readonly pool: PoolDevice;
  readonly records: Records;
  readonly log: Log;
}

/**
 * The intents on disk and the pool's transaction id, which closes them: an intent whose id the pool has is done with, one
 * that is ahead is what recovery works on (domain, `recoveryOf`).
 */
export class Intents {
  readonly #ports: IntentPorts;
  /** The pool's transaction id; undefined where it has to be asked for. */
  #current: TransactionId | undefined;

  constructor(ports: IntentPorts) {
    this.#ports = ports;
  }

  /** The intent of a change that is about to begin; `save` is the first thing it does. @throws DmError what the pool throws. */
  async next(volume: VolumeId, thinId: ThinId): Promise<Intent> {
    this.#current ??= await this.#ports.pool.transactionId();
    return openIntent(this.#current, volume, thinId);
  }

  save(intent: Intent): PortCall {
    return on(this.#ports.records, (records) => records.saveIntent(intent));
  }

  /** After a save that failed: it may be on disk all the same, and recovery would make true what failed. */
  async notSaved(intent: Intent, error: unknown): Promise<void> {
    if (DmError.is(error, 'IO')) await this.#takeBack(intent);
  }

  /** Moves the transaction id on. @throws DmError CONFLICT: it is not what was left there. */
  commit(intent: Intent): PortCall {
    return on(this.#ports.pool.kernel, () => this.#commit(intent));
  }

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
   * Closes an intent that announces nothing any more: by the transaction id, which is one message, so that hardly a moment
   * is left in which recovery would act on it; or else by removing it.
   */
  async close(intent: Intent): Promise<void> {
    try {
      await this.#commit(intent);
    } catch (error) {
      await this.notCommitted(intent, error);
    }
  }

  /** After a commit that failed, of what needs no undoing. */
  async notCommitted(intent: Intent, error: unknown): Promise<void> {
    this.#told('could not be closed; its intent is removed instead', intent, error);
    await this.#remove(intent);
  }

  /** Removes an intent that may be on disk or not, so that an older one that is stays closed. */
  async #takeBack(intent: Intent): Promise<void> {
    if (!(await this.#remove(intent))) await this.#commit(intent).catch(() => undefined);
  }

  async #remove(intent: Intent): Promise<boolean> {
    try {
      await this.#ports.records.removeIntent();
      return true;
    } catch (error) {
      this.#told('is over, and its intent could not be removed', intent, error);
      return false;
    }
  }

  #told(what: string, { volume, thinId, transactionId: id }: Intent, error: unknown): void {
    this.#ports.log.write('warn', `transaction ${id} ${what}`, { volume, thinId, error });
  }
}
