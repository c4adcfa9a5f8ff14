import { DmError } from '../errors/dm-error.ts';
import { quoted } from '../errors/quoted.ts';

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
const NOT_ALLOWED = /[^A-Za-z0-9_.+@=-]/u;
const BEGINNING = /^[A-Za-z0-9]/u;

/** @throws DmError INVALID_ARGUMENT: not a volume id; says which rule it breaks and what would be right. */
export function volumeId(value: string): VolumeId {
  // Whoever has no types to hold him is told as well.
  if (typeof value !== 'string') throw new DmError('INVALID_ARGUMENT', `an id is no ${typeof value}`, { remedy: RULE });
  const fault = faultOf(value);
  if (fault === undefined) return value as VolumeId;
  throw new DmError('INVALID_ARGUMENT', `id ${quoted(value)} ${fault.is}`, {
    subject: value.slice(0, MAX_VOLUME_ID_LENGTH),
    remedy: fault.remedy,
  });
}

/** Whether `volumeId` would take it. */
export function isVolumeId(value: string): value is VolumeId {
  return faultOf(value) === undefined;
}

interface Fault {
  readonly is: string;
  readonly remedy: string;
}

const RULE = `Use 1 to ${MAX_VOLUME_ID_LENGTH} letters, digits and _ . + @ = -, beginning with a letter or digit.`;

function faultOf(value: string): Fault | undefined {
  if (value === '') return { is: 'is empty', remedy: RULE };
  if (value.length > MAX_VOLUME_ID_LENGTH)
    return { is: `is ${value.length} characters long, ${MAX_VOLUME_ID_LENGTH} are allowed`, remedy: RULE };
  const stranger = NOT_ALLOWED.exec(value)?.[0];
  if (stranger !== undefined) return { is: `has a character that is not allowed: ${quoted(stranger)}`, remedy: RULE };
  if (!BEGINNING.test(value)) return { is: `begins with ${quoted(value.slice(0, 1))}`, remedy: RULE };
  if (RESERVED.has(value))
    return {
      is: "is reserved for the driver's own files and devices",
      remedy: `Use another: ${[...RESERVED].join(', ')} are reserved, but ${value}-1 is not.`,
    };
  if (value.endsWith(RESERVED_ENDING))
    return {
      is: `ends in ${RESERVED_ENDING}, as Docker calls records that it no longer reads`,
      remedy: `Use another ending: ${value.slice(0, -RESERVED_ENDING.length) || 'layer'}-migrated, say.`,
    };
  return undefined;
}
