import { DmError } from '../errors/dm-error.ts';

declare const brand: unique symbol;
/**
 * The id of a volume: a named thin device of the engine, which is a layer to Docker and a snapshot to containerd.
 * It is used as a file name and as the end of a device name, so what it may hold is narrow (docker-devicemapper.md
 * 12.1, defect 24): 1 to 80 ASCII letters, digits and `_ . + @ = -`, beginning with a letter or digit.
 */
export type VolumeId = string & { readonly [brand]: 'VolumeId' };

/** The base device: Docker's records call it by the empty id, its file and device are called `base`. */
export const BASE_VOLUME: VolumeId = '' as VolumeId;

/** A device name has 127 bytes; the longest prefix (`docker-4095:1048575-<20 digits>-`) takes 41 of them. */
export const MAX_VOLUME_ID_LENGTH = 80;

/** Names that files or devices beside the volumes' own already have. */
const RESERVED: ReadonlySet<string> = new Set(['base', 'pool', 'deviceset-metadata', 'transaction-metadata']);
const RESERVED_ENDING = '.migrated';
const PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.+@=-]*$/u;

/** @throws DmError INVALID_ARGUMENT: not a volume id; says which rule it breaks and what would be right. */
export function volumeId(value: string): VolumeId {
  const fault = faultOf(value);
  if (fault === undefined) return value as VolumeId;
  const shown = value.length > 100 ? `${value.slice(0, 100)}...` : value;
  throw new DmError('INVALID_ARGUMENT', `id ${JSON.stringify(shown)} ${fault}`, {
    subject: shown,
    remedy: `Use 1 to ${MAX_VOLUME_ID_LENGTH} letters, digits and _ . + @ = -, beginning with a letter or digit.`,
  });
}

/** Whether `volumeId` would take it. */
export function isVolumeId(value: string): value is VolumeId {
  return faultOf(value) === undefined;
}

function faultOf(value: string): string | undefined {
  if (value === '') return 'is empty';
  if (value.length > MAX_VOLUME_ID_LENGTH) return `is ${value.length} characters long`;
  if (!PATTERN.test(value)) return 'has characters that are not allowed';
  if (RESERVED.has(value)) return 'is a reserved name';
  if (value.endsWith(RESERVED_ENDING)) return `ends in ${RESERVED_ENDING}, which is reserved`;
  return undefined;
}
