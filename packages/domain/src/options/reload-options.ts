import { OPTION_ROWS } from './option-rows.ts';
import type { StorageOptions } from './storage-options.ts';

export interface ReloadedOptions {
  /** Those of an open driver, with what may change as it is wanted. */
  readonly options: StorageOptions;
  /** The keys of those that differ and stay as they are until the driver is opened next. */
  readonly refused: readonly string[];
}

/**
 * What comes of options that are given to a driver that is open: what is looked at anew each time it is needed may change
 * (`dm.min_free_space`, `dm.mountopt`, `dm.xfs_nospace_max_retries`), and nothing else.
 */
export function reloadOptions(open: StorageOptions, wanted: StorageOptions): ReloadedOptions {
  const { minFreeSpace, mountOptions, xfsNospaceMaxRetries } = wanted;
  const options = { ...open, minFreeSpace, mountOptions, xfsNospaceMaxRetries };
  return { options, refused: changedOptions(options, wanted) };
}

/** The keys of the options that differ. */
export function changedOptions(open: StorageOptions, wanted: StorageOptions): readonly string[] {
  const [kept, asked] = [byField(open), byField(wanted)];
  return OPTION_ROWS.filter(({ field }) => String(kept[field]) !== String(asked[field])).map(({ key }) => key);
}

/** Those of direct-lvm have a place of their own. */
function byField(options: StorageOptions): Readonly<Record<string, unknown>> {
  const { device, force, ...shares } = options.directLvm ?? {};
  return { ...options, ...shares, directLvmDevice: device, directLvmForce: force };
}
