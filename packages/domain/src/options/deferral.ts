import { DmError } from '../errors/dm-error.ts';
import type { StorageOptions } from './storage-options.ts';

/** What is done with a device or volume that is still in use. */
export interface Deferral {
  /** It is deactivated when its last user lets go. */
  readonly removal: boolean;
  /** It is deleted then, too. */
  readonly deletion: boolean;
}

/**
 * Whether devices and volumes in use go later: as the options say, else as the kernel can. Deletion follows removal where it
 * is not given, so that `dm.use_deferred_removal=false` alone is enough (defect 13).
 * @throws DmError NOT_SUPPORTED: removal was asked for, and this kernel cannot. INVALID_ARGUMENT: deletion without removal.
 */
export function resolveDeferral(
  { deferredRemoval, deferredDeletion }: Pick<StorageOptions, 'deferredRemoval' | 'deferredDeletion'>,
  capabilities: { readonly deferredRemove: boolean },
): Deferral {
  if (deferredRemoval === true && !capabilities.deferredRemove)
    throw new DmError('NOT_SUPPORTED', 'devmapper: Deferred removal can not be enabled as kernel does not support it', {
      subject: 'dm.use_deferred_removal',
      remedy: 'Leave out dm.use_deferred_removal, or use a kernel with device-mapper 4.27.',
    });
  const removal = deferredRemoval ?? capabilities.deferredRemove;
  checkDeferral(removal, deferredDeletion);
  return { removal, deletion: deferredDeletion ?? removal };
}

/** @throws DmError INVALID_ARGUMENT: deletion, and no removal; Docker's text. */
export function checkDeferral(removal: boolean | undefined, deletion: boolean | undefined): void {
  if (removal === false && deletion === true)
    throw new DmError(
      'INVALID_ARGUMENT',
      'devmapper: Deferred deletion can not be enabled as deferred removal is not enabled. Enable deferred removal using ' +
        '--storage-opt dm.use_deferred_removal=true parameter',
      {
        subject: 'dm.use_deferred_deletion',
        remedy: 'Set both to true or both to false; deletion follows removal by itself.',
      },
    );
}
