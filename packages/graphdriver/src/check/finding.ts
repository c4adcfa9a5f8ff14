import type { Bytes } from '@dmthin/domain';

/** What is not as it should be. */
export type FindingKind =
  /** A layer on record whose thin device the pool does not have. */
  | 'lost-layer'
  /** A thin device in the pool that no record names. */
  | 'orphan-thin'
  /** An active device that is no layer's. */
  | 'unknown-device'
  /** Something is mounted in the place of a layer that there is not. */
  | 'unknown-mount'
  /** A layer is mounted, and nobody counts as its user. */
  | 'uncounted-mount'
  /** A layer that has users and is not mounted. */
  | 'missing-mount'
  /** A loop device over a file of this root that its pool does not stand on. */
  | 'unused-loop'
  /** A set-up of direct-lvm that was begun and never finished. */
  | 'half-made-lvm'
  /** A record that could not be read and was set aside. */
  | 'broken-record'
  /** A file or directory that nobody needs. */
  | 'stale-file'
  /** What opening the root met, and for the most part mended. */
  | 'start'
  /** Something that could not be looked at. */
  | 'unseen';

export interface Finding {
  readonly kind: FindingKind;
  /** The layer, thin id, device or path it is about. */
  readonly subject: string;
  readonly what: string;
  /** How it may have come about. */
  readonly cause: string;
  /** What it takes of the pool, or of the file system under the root. */
  readonly holds: Bytes;
  /** What a repair does about it; undefined: nothing, since nobody here can know what is right. */
  readonly repair: string | undefined;
  readonly outcome: 'found' | 'repaired' | 'not-repaired';
  /** What a person can do. */
  readonly remedy: string;
}

/** A finding, and how it is repaired. */
export type Found = Omit<Finding, 'outcome' | 'repair'> & {
  readonly repair?: { readonly what: string; readonly run: () => Promise<void> } | undefined;
  /** It was repaired when the root was opened. */
  readonly isRepaired?: true;
};
