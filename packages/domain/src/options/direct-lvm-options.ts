import { DmError } from '../errors/dm-error.ts';
import { type Percent, percent } from '../size/percent.ts';

/** Shares and limits of the pool that direct-lvm makes, as the user gave them: undefined where not, which 0 is too. */
export interface DirectLvmShares {
  /** Of the volume group, for data. */
  readonly thinpPercent?: Percent | undefined;
  /** Of the volume group, for metadata. */
  readonly thinpMetaPercent?: Percent | undefined;
  /** How full the pool may be before LVM extends it; 100: never. */
  readonly autoExtendThreshold?: Percent | undefined;
  /** By how much of its size. */
  readonly autoExtendPercent?: Percent | undefined;
}

export interface DirectLvmOptions extends DirectLvmShares {
  readonly device: string;
  /** Do not refuse a device that has a filesystem. */
  readonly force: boolean;
}

/** What LVM is told where nothing is given (docker-devicemapper.md 1.3). */
export const DIRECT_LVM_DEFAULTS: Readonly<Required<{ [Key in keyof DirectLvmShares]: Percent }>> = {
  thinpPercent: percent(95),
  thinpMetaPercent: percent(1),
  autoExtendThreshold: percent(80),
  autoExtendPercent: percent(20),
};

/**
 * Docker's validateLVMConfig: shares need a device, one share needs the other, and together they are at most 100 %.
 * @param device undefined where none was given; then there are no options.
 * @throws DmError INVALID_ARGUMENT, with Docker's texts.
 */
export function directLvmOptions(
  device: string | undefined,
  force: boolean,
  given: DirectLvmShares,
): DirectLvmOptions | undefined {
  const shares = withoutZeros(given);
  const refuse = (message: string, remedy: string): DmError => new DmError('INVALID_ARGUMENT', message, { remedy });
  if (device === undefined) {
    if (Object.keys(shares).length === 0) return undefined;
    throw refuse(
      'must provide device path in `dm.directlvm_device` in order to configure direct-lvm',
      'Add dm.directlvm_device=/dev/DISK, or leave out the dm.thinp_ options.',
    );
  }
  const { thinpPercent: data, thinpMetaPercent: metadata } = shares;
  if ((data === undefined) !== (metadata === undefined))
    throw refuse(
      'must set both `dm.thinp_percent` and `dm.thinp_metapercent` if either is specified',
      `Give both, or neither for ${DIRECT_LVM_DEFAULTS.thinpPercent}% and ${DIRECT_LVM_DEFAULTS.thinpMetaPercent}%.`,
    );
  if ((data ?? 0) + (metadata ?? 0) > 100)
    throw refuse(
      'combined `dm.thinp_percent` and `dm.thinp_metapercent` must not be greater than 100',
      'Give two shares that fit into the volume group together.',
    );
  return { device, force, ...shares };
}

function withoutZeros(given: DirectLvmShares): DirectLvmShares {
  return Object.fromEntries(Object.entries(given).filter(([, share]) => share !== undefined && share !== 0));
}
