import {
  type DeviceName,
  DmError,
  type PoolStatus,
  parsePoolStatus,
  presenceProbe,
  sectors,
  type ThinId,
  type TransactionId,
} from '@dmthin/domain';
import type { Kernel, KernelCommand } from '@dmthin/ports';
import { sendToFullPool } from './out-of-metadata.ts';

const START = sectors(0);

/**
 * A thin pool's own conversation (dm-kernel.md 3.3, 3.4). A message that is refused changed nothing, and one that
 * succeeds is committed when it returns.
 */
export class PoolDevice {
  readonly name: DeviceName;
  readonly kernel: Kernel;

  constructor(kernel: Kernel, name: DeviceName) {
    this.kernel = kernel;
    this.name = name;
  }

  /** Does not make the pool commit, so that asking costs no flush. @throws DmError NOT_FOUND, CORRUPT. */
  async status(): Promise<PoolStatus> {
    const [target] = await this.kernel.status(this.name, { noFlush: true });
    if (target?.type !== 'thin-pool')
      throw new DmError('CONFLICT', `device "${this.name}" is no live thin-pool (any more)`, {
        operation: 'status',
        subject: this.name,
        remedy: 'Make the pool again under this name, then open it again.',
      });
    return parsePoolStatus(target.text);
  }

  /** @throws DmError READ_ONLY: the pool failed, or its counters cannot be read. */
  async transactionId(): Promise<TransactionId> {
    return this.transactionIdIn(await this.status());
  }

  /** As `transactionId`, of a status. */
  transactionIdIn(status: PoolStatus): TransactionId {
    if (status.kind === 'ok') return status.transactionId;
    const state = status.kind === 'fail' ? 'Fail' : 'Error';
    throw new DmError('READ_ONLY', `pool "${this.name}" is in ${state} state and tells no transaction id`, {
      operation: 'status',
      subject: this.name,
      remedy: 'Look for I/O errors of its metadata device, then remove and make the pool again.',
    });
  }

  /** @throws DmError ALREADY_EXISTS (EEXIST), NO_SPACE, READ_ONLY. */
  async createThin(id: ThinId): Promise<void> {
    await this.#send(`create_thin ${id}`);
  }

  /** The message of a snapshot, to be one of a sequence. */
  snapshotCommand(id: ThinId, origin: ThinId): KernelCommand {
    return this.#message(`create_snap ${id} ${origin}`);
  }

  /** @throws DmError ALREADY_EXISTS (EEXIST), NO_DATA: no such origin. NO_SPACE, READ_ONLY. */
  async createSnapshot(id: ThinId, origin: ThinId): Promise<void> {
    await this.#send(`create_snap ${id} ${origin}`);
  }

  /** Also where the pool is out of metadata space. @throws DmError NO_DATA: no such thin device. BUSY: a table uses it. READ_ONLY. */
  async deleteThin(id: ThinId): Promise<void> {
    const text = `delete ${id}`;
    try {
      await this.#send(text);
    } catch (error) {
      if (!DmError.is(error, 'READ_ONLY')) throw error;
      await sendToFullPool(this.kernel, this.name, this.#message(text), error);
    }
  }

  /** @throws DmError INVALID_ARGUMENT: the pool's id is not `from`. READ_ONLY. */
  async setTransactionId(from: TransactionId, to: TransactionId): Promise<void> {
    await this.#send(`set_transaction_id ${from} ${to}`);
  }

  /** @throws DmError BUSY (EBUSY): one is held. NO_SPACE: no metadata is left. READ_ONLY. */
  async reserveMetadataSnapshot(): Promise<void> {
    await this.#send('reserve_metadata_snap');
  }

  /** @throws DmError INVALID_ARGUMENT (EINVAL): none is held. READ_ONLY. */
  async releaseMetadataSnapshot(): Promise<void> {
    await this.#send('release_metadata_snap');
  }

  /**
   * Whether the pool knows a thin device of this id; changes nothing, but the kernel logs a warning that it did not.
   * @throws DmError READ_ONLY: the pool takes no messages.
   */
  async hasThin(id: ThinId): Promise<boolean> {
    try {
      await this.#send(presenceProbe(id));
    } catch (error) {
      if (DmError.is(error, 'ALREADY_EXISTS')) return true;
      if (DmError.is(error, 'NO_DATA')) return false;
      throw error;
    }
    throw new DmError('CONFLICT', `pool "${this.name}" made thin device ${id} a snapshot of itself`);
  }

  #message(text: string): KernelCommand {
    return { command: 'message', device: this.name, sector: START, text };
  }

  async #send(text: string): Promise<void> {
    await this.kernel.message(this.name, START, text);
  }
}
