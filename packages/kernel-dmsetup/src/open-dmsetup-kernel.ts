import { commandLine } from './command/command-line.ts';
import { Dmsetup } from './dmsetup.ts';
import { DmsetupKernel } from './dmsetup-kernel.ts';
import { parseVersion } from './output/lists.ts';
import { dmsetupEnvironment, udevRuns } from './program/environment.ts';
import type { Run } from './program/run.ts';
import { programRun } from './program/run-program.ts';

export interface DmsetupKernelOptions {
  /** The program, by path or by name; `dmsetup` in the PATH or a system directory, where it is not said. */
  readonly program?: string | undefined;
  /**
   * Whether udev sees to the nodes under /dev/mapper. Where this is not said: it does if it runs (/run/udev/control) and
   * DM_DISABLE_UDEV is not set, as libdm has it.
   */
  readonly udev?: boolean | undefined;
  /** Answers in place of the program: for tests. */
  readonly run?: Run | undefined;
}

/** The first driver that knows deferred removal (drivers/md/dm-ioctl.c). */
const DEFERRED_REMOVE = 27;

/**
 * Opens device-mapper through dmsetup.
 * @throws DmError UNAVAILABLE: no such program, no driver. NOT_PERMITTED: no rights. The remedy says what helps.
 */
export async function openDmsetupKernel(options: DmsetupKernelOptions = {}): Promise<DmsetupKernel> {
  const { program = 'dmsetup', udev = udevRuns() } = options;
  const dmsetup = new Dmsetup(options.run ?? programRun({ program, environment: dmsetupEnvironment(udev) }));
  const version = parseVersion(await dmsetup.ask({ operation: 'version' }, commandLine('version', [])));
  const capabilities = {
    exactErrno: false,
    deferredRemove: Number(version.driver.split('.')[1]) >= DEFERRED_REMOVE,
    events: true,
    udevSync: udev,
    batches: true,
  };
  return new DmsetupKernel({ capabilities, version, dmsetup });
}
