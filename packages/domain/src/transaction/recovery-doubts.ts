import type { RecoveryDoubt } from './recovery.ts';

/** What a person is told of a doubt, and can do about it. */
export const RECOVERY_DOUBTS: Readonly<Record<RecoveryDoubt, { readonly message: string; readonly remedy: string }>> = {
  'intent-unreadable': {
    message: 'the record of the last change cannot be read; that change may be half done',
    remedy: 'Run dmthin check: it lists thin ids of the pool that no volume has.',
  },
  'intent-behind-pool': {
    message: 'the pool is ahead of the records: they are from an older copy, or something else changed the pool',
    remedy: 'Run dmthin check before new volumes are made; restore the newer records if there are any.',
  },
  'intent-ahead-of-pool': {
    message:
      'the pool is behind the records by more than one change: it was restored from an older copy, or is another pool',
    remedy: 'Check that the pool is the right one (data and metadata device), then run dmthin check.',
  },
  'record-ahead-of-intent': {
    message: 'a volume was recorded by a change that this pool never saw',
    remedy: 'Check that the pool is the right one (data and metadata device), then run dmthin check.',
  },
  'record-disagrees': {
    message: "the last change and its volume's record name different thin ids; neither was touched",
    remedy: 'Run dmthin check: it compares the records with the thin ids of the pool.',
  },
  'thin-id-shared': {
    message: 'two volumes have the same thin id; neither was touched',
    remedy: 'Run dmthin check, and remove the volume that is wrong from the records.',
  },
};
