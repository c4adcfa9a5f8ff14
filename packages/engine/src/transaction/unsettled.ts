import { DmError, type RecoveryStep, recoveryOf, transactionId } from '@dmthin/domain';
import type { Intent, VolumeRecord } from '@dmthin/ports';
import { asDmError } from '../failure/failure.ts';
import { shownId } from '../volume/volume-table.ts';
import { carryOut, type RecoveryPorts } from './carry-out.ts';

/**
 * A change that failed and is not undone yet. It is undone by what recovery would do at the next opening; until then
 * nothing else may begin, since its intent would be overwritten, and what is left of it forgotten.
 */
export class Unsettled {
  readonly #ports: RecoveryPorts;
  #left: { readonly intent: Intent; readonly settle: () => Promise<unknown> } | undefined;

  constructor(ports: RecoveryPorts) {
    this.#ports = ports;
  }

  /** A volume was being made: its thin device and its record may be there. */
  leaveMaking(intent: Intent): void {
    this.leave(intent, () => carryOut(this.#ports, intent, stepsFor(intent, intent, 'unknown')));
  }

  /** A volume was being deleted: its thin device is gone, its record may be there. */
  leaveDeletion(intent: Intent, record: VolumeRecord): void {
    this.leave(intent, () => carryOut(this.#ports, intent, stepsFor(intent, record, false)));
  }

  leave(intent: Intent, settle: () => Promise<unknown>): void {
    this.#left = { intent, settle };
  }

  /** Undoes what is left, if anything. @throws DmError what the pool and the records throw; it is left still. */
  async settle(): Promise<void> {
    await this.#left?.settle();
    this.#left = undefined;
  }

  /** As `settle`, for a change that waits for it: the error says so. */
  async settleFirst(): Promise<void> {
    const left = this.#left;
    if (left === undefined) return;
    try {
      await this.settle();
    } catch (error) {
      const { code, errno, message, remedy } = asDmError(error);
      const what = `${shownId(left.intent.volume)}, thin id ${left.intent.thinId}`;
      throw new DmError(code, `nothing can be changed before an interrupted change is undone (${what}): ${message}`, {
        errno,
        subject: left.intent.volume,
        remedy: remedy ?? 'Mend what keeps the pool from it, then try again.',
        cause: error,
      });
    }
  }
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
