import type { VolumeId } from '../name/volume-id.ts';
import type { ThinId } from './thin-id.ts';

/** Volumes whose records name the same thin device: at most one of them is right, and deleting one deletes all. */
export interface ThinIdConflict {
  readonly thinId: ThinId;
  /** In the order of their ids; two or more. */
  readonly volumes: readonly VolumeId[];
}

/** The thin ids that more than one of `records` names, lowest first. */
export function thinIdConflicts(
  records: Iterable<{ readonly volume: VolumeId; readonly thinId: ThinId }>,
): readonly ThinIdConflict[] {
  const claimants = new Map<ThinId, VolumeId[]>();
  for (const { volume, thinId } of records) {
    const others = claimants.get(thinId);
    if (others === undefined) claimants.set(thinId, [volume]);
    else others.push(volume);
  }
  return [...claimants]
    .filter(([, volumes]) => volumes.length > 1)
    .map(([thinId, volumes]) => ({ thinId, volumes: volumes.sort() }))
    .sort((one, other) => one.thinId - other.thinId);
}
