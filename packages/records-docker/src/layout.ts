import { join } from 'node:path';
import { BASE_VOLUME, type VolumeId, volumeId } from '@dmthin/domain';

/** Everything of ours that Docker does not know lies in this directory, beside Docker's own, where Docker never looks. */
export const OWN_DIRECTORY = 'dmthin';

/** Where things are in a root (docker-devicemapper.md 4). */
export interface Layout {
  readonly root: string;
  /** Docker's records. Docker reads every file below it at its start, and gives up at the first it cannot read. */
  readonly metadata: string;
  readonly own: string;
  /** What could not be read, with all its bytes. */
  readonly broken: string;
  /** The only file of records before Docker 0.8. */
  readonly legacy: string;
}

export const BASE_FILE = 'base';
export const POOL_FILE = 'deviceset-metadata';
export const INTENT_FILE = 'transaction-metadata';
export const IDENTITY_FILE = 'pool.json';
export const MIGRATED = '.migrated';
/** Docker's in-flight files begin so too. */
export const TEMPORARY = '.tmp';

export function layoutOf(root: string): Layout {
  const own = join(root, OWN_DIRECTORY);
  return {
    root,
    metadata: join(root, 'metadata'),
    own,
    broken: join(own, 'broken'),
    legacy: join(root, 'devicemapper', 'json'),
  };
}

/** @throws DmError INVALID_ARGUMENT: not a volume id, so that it could name another file (defect 24). */
export function fileOf(volume: VolumeId): string {
  return volume === BASE_VOLUME ? BASE_FILE : volumeId(volume);
}

/** The volume whose record is in `file`. @throws DmError INVALID_ARGUMENT: no volume can have it. */
export function volumeOf(file: string): VolumeId {
  return file === BASE_FILE ? BASE_VOLUME : volumeId(file);
}
