import { DmError } from '@dmthin/domain';
import type { Personality } from '@dmthin/kernel-fake';

const PERSONALITIES: readonly Personality[] = ['6.1.176', '6.1.192'];

/**
 * The personality of a kernel's release. Debian's distribution kernel has its point release in the version
 * (`uname -v`), behind the word Debian.
 * @throws DmError NOT_SUPPORTED: the fake cannot behave like that kernel.
 */
export function personalityOf(release: string): Personality {
  const personality = PERSONALITIES.find((one) => release === one || release.startsWith(`${one}-`));
  if (personality === undefined)
    throw new DmError('NOT_SUPPORTED', `the fake knows Linux ${PERSONALITIES.join(' and ')}, not ${release}`, {
      remedy: 'Name the nearest with --personality.',
    });
  return personality;
}

/** The point release of the kernel this process runs on. */
export function pointRelease(release: string, version: string): string {
  return /Debian (\d+\.\d+\.\d+)/u.exec(version)?.[1] ?? release;
}
