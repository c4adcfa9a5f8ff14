/**
 * The point releases of Linux 6.1 whose device-mapper user space can tell apart (dm-kernel.md 0.1): Debian's
 * user-mode-linux is at the first, its distribution kernel at the second.
 */
export type Personality = '6.1.176' | '6.1.192';

/** What differs between them. */
export interface PersonalityTraits {
  /** What a message to a device without a live table gets: the ioctl returns 2 and copies nothing, or it is EINVAL. */
  readonly messageWithoutTable: 'returns-2' | 'EINVAL';
  /** Whether `data_start` of a result stays within a buffer that is shorter than the header. */
  readonly clampsDataStart: boolean;
}

export const PERSONALITIES: Readonly<Record<Personality, PersonalityTraits>> = {
  '6.1.176': { messageWithoutTable: 'returns-2', clampsDataStart: false },
  '6.1.192': { messageWithoutTable: 'EINVAL', clampsDataStart: true },
};
