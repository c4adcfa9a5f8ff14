import type { Bytes, ThinId, VolumeId } from '@dmthin/domain';
import type { CancelSignal, InOrder } from '@dmthin/ports';
import type { FifoLock } from '../lock/fifo-lock.ts';
import type { KeyedLock } from '../lock/keyed-lock.ts';
import type { ThinPoolPorts, ThinPoolSettings } from '../thin-pool.ts';
import type { TransactionLog } from '../transaction/transaction-log.ts';
import type { VolumeTable } from '../volume/volume-table.ts';
import { withAnyOf } from '../wait/cancel-source.ts';
import type { Gate } from '../wait/gate.ts';
import type { InspectedPool } from './inspect-pool.ts';
import type { PoolDevice } from './pool-device.ts';

/** What the use cases of one open pool share. */
export interface PoolContext {
  readonly ports: ThinPoolPorts;
  settings: ThinPoolSettings;
  readonly inOrder: InOrder;
  readonly pool: PoolDevice;
  /** How the tables of thin devices name the pool: its number, so that no node has to be there (defect 15). */
  readonly poolWord: string;
  /** As it was when it was opened. */
  readonly opened: InspectedPool;
  /** Of one data block. */
  readonly blockSize: Bytes;
  readonly volumes: VolumeTable;
  /** One lock a volume: its activity, its record, its being there. */
  readonly locks: KeyedLock;
  readonly transactions: TransactionLog;
  /** A pool has one metadata snapshot at a time. */
  readonly snapshotLock: FifoLock;
  readonly gate: Gate;
  /** Thin ids that several records name, and who they are: deleting one volume would delete the others' content. */
  readonly contested: ReadonlyMap<ThinId, readonly VolumeId[]>;
}

/** Waits, holding nothing. @throws DmError ABORTED; CLOSED: the pool is being closed. */
export async function pause(context: PoolContext, milliseconds: number, signal?: CancelSignal): Promise<void> {
  const { gate, ports } = context;
  try {
    await withAnyOf([gate.closing, signal], (either) => ports.clock.sleep(milliseconds, either));
  } catch (error) {
    throw gate.closing.aborted ? gate.closedError() : error;
  }
}
