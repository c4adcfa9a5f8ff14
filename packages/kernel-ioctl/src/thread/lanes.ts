import type { Hop, HopArguments, HopResult, ThreadPool } from '@dmthin/libc';
import type { CancelSignal, StatusOptions } from '@dmthin/ports';
import type { Hopper } from '../ioctl-kernel.ts';
import type { DeviceMapper } from '../mapper/device-mapper.ts';

type Lane = Pick<ThreadPool<DeviceMapper>, 'run' | 'close' | 'isIdle' | 'isGathering'>;

/** Questions that the kernel answers at once: a status is one of them where it makes a pool commit nothing. */
const LOOKS: ReadonlySet<string> = new Set<Hop<DeviceMapper>>(['targets', 'list', 'info', 'infoOf', 'table', 'deps']);

/**
 * Two ways to the kernel: changes one after the other, and beside them, while any is under way or waits, the questions
 * that need not wait for it. Else a status would be answered after all that 64 layers have just asked for.
 */
export class Lanes implements Hopper {
  readonly #changes: Lane;
  readonly #looks: Lane;

  constructor(changes: Lane, looks: Lane) {
    this.#changes = changes;
    this.#looks = looks;
  }

  run<Name extends Hop<DeviceMapper>>(
    name: Name,
    args: HopArguments<DeviceMapper, Name>,
    signal?: CancelSignal,
  ): Promise<HopResult<DeviceMapper, Name>> {
    // The second lane costs a thread, which a process that asks one thing after the other never needs.
    // What is asked for as a part of a hop belongs there.
    const { isIdle, isGathering } = this.#changes;
    const lane = !isIdle && !isGathering && isLook(name, args) ? this.#looks : this.#changes;
    return lane.run(name, args, signal);
  }

  async close(): Promise<void> {
    await Promise.all([this.#changes.close(), this.#looks.close()]);
  }
}

function isLook(name: string, args: readonly unknown[]): boolean {
  if (name !== 'status') return LOOKS.has(name);
  const [, options] = args as readonly [unknown, StatusOptions | undefined];
  return options?.noFlush === true;
}
