import { type VolumeId, volumeId } from '@dmthin/domain';
import type { Option } from '../command/command.ts';

export const PARENT_OPTION: Option = {
  name: 'parent',
  value: 'ID',
  description: 'the layer it is made from; the empty base device by default',
};

export const parentOf = (given: string | undefined): VolumeId | undefined =>
  given === undefined ? undefined : volumeId(given);
