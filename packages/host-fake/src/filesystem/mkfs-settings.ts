import { DmError, type FilesystemType } from '@dmthin/domain';

/** What the arguments of mkfs come to, of all that matters to a fake. */
export interface MkfsSettings {
  /** undefined: a random one. */
  readonly uuid: string | undefined;
  readonly label: string;
  /** Whether the whole device is discarded first. */
  readonly discards: boolean;
  /** Owner of the root directory. */
  readonly uid: number;
  readonly gid: number;
  /** Whether an existing filesystem is written over. */
  readonly force: boolean;
  /** Nothing is written. */
  readonly isDryRun: boolean;
}

export function isUuid(text: string): boolean {
  return /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/iu.test(text);
}

/** mkfs said no, in its words. */
export function refuse(type: FilesystemType, path: string, why: string): DmError {
  return new DmError('INVALID_ARGUMENT', `mkfs.${type} ${path}: ${why}`, {
    operation: 'make',
    subject: path,
    remedy: `Check dm.mkfsarg against the manual page of mkfs.${type}.`,
  });
}
