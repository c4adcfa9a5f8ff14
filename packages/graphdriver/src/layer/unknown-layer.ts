import { DmError, type VolumeId } from '@dmthin/domain';

/** Docker's words for a layer that there is not. */
export function unknownLayer(id: VolumeId): DmError {
  return new DmError('NOT_FOUND', `devmapper: Unknown device ${id}`, {
    subject: id,
    remedy: 'See which layers there are (dmthin ls).',
  });
}
