import type { TransactionId } from '../transaction/transaction-id.ts';
import type { DataBlocks, MetadataBlocks } from '../units/units.ts';

/** How a pool treats writes: `ro` is read-only and out of metadata space alike (dm-kernel.md 3.5). */
export type PoolMode = 'rw' | 'ro' | 'out_of_data_space';

export interface BlockUsage<Blocks> {
  readonly used: Blocks;
  readonly total: Blocks;
}

/** A thin-pool's status line, read (Documentation/admin-guide/device-mapper/thin-provisioning.rst). */
export type PoolStatus =
  /** The pool gave up on its metadata; only removing and making it again brings it back. */
  | { readonly kind: 'fail' }
  /** The counters could not be read. */
  | { readonly kind: 'error' }
  | {
      readonly kind: 'ok';
      readonly transactionId: TransactionId;
      readonly metadata: BlockUsage<MetadataBlocks>;
      readonly data: BlockUsage<DataBlocks>;
      /** The block of the metadata snapshot, where one is held. */
      readonly heldRoot: MetadataBlocks | undefined;
      readonly mode: PoolMode;
      readonly discard: 'ignore_discard' | 'discard_passdown' | 'no_discard_passdown';
      readonly onNoSpace: 'error_if_no_space' | 'queue_if_no_space';
      /** The metadata has to be checked offline before the pool takes writes again. */
      readonly needsCheck: boolean;
      /** An event is sent when free metadata falls to this; undefined from kernels that do not print it. */
      readonly metadataLowWater: MetadataBlocks | undefined;
    };
