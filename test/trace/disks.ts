import type { TraceDisk } from './call.ts';

const LOOP_MAJOR = 7;

/**
 * The disks of a recording: one for data, two for metadata, one whose size is no whole page, some too small for a
 * pool's metadata, each at another of its steps (dm-kernel.md 3.1), and one without any sector.
 */
export const DISKS: readonly TraceDisk[] = [131_072, 8192, 4096, 16_385, 128, 96, 80, 64, 24, 0].map(
  (sectors, minor) => ({
    number: { major: LOOP_MAJOR, minor },
    path: `/dev/loop${minor}`,
    sectors,
  }),
);
