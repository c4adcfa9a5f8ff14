import type { ErrnoName } from '@dmthin/domain';

/**
 * A command or an I/O that the kernel refuses. It never leaves the package: the faces make a DmError of it
 * (`commandError`) or an errno, with this one as the cause, so that a reader finds what dmesg would say.
 */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly errno: ErrnoName;

  constructor(errno: ErrnoName, why: string) {
    super(why);
    this.errno = errno;
  }
}
