import { abortedError, closedError } from '@dmthin/domain';
import type { Hop, HopArguments, HopResult } from '@dmthin/libc';
import type { CancelSignal, Ioctl, KernelCapabilities } from '@dmthin/ports';
import { type EventSource, PolledEvents, TimedEvents } from './event/event-source.ts';
import { type Hopper, IoctlKernel } from './ioctl-kernel.ts';
import { DeviceMapper } from './mapper/device-mapper.ts';
import { NO_NODES } from './nodes/node-keeper.ts';
import { udevRuns } from './nodes/udev-nodes.ts';
import type { Version } from './protocol/dm-ioctl-header.ts';
import { type CommandThreadOptions, type CommandThreads, commandThreads } from './thread/command-threads.ts';
import { Lanes } from './thread/lanes.ts';

export interface IoctlKernelOptions {
  /**
   * Whether udev sees to the nodes under /dev/mapper. Where this is not said: it does if it runs (/run/udev/control) and
   * DM_DISABLE_UDEV is not set, as libdm has it.
   */
  readonly udev?: boolean | undefined;
  /** How long a change waits for udev, in milliseconds; 30,000 where it is not said. */
  readonly udevLimitMs?: number | undefined;
  /** Threads that serve `DeviceMapper` beside something else (`startCommandThread`); the kernel closes them. */
  readonly threads?: ((options: CommandThreadOptions) => CommandThreads) | undefined;
  /** Answers the ioctls in place of the running kernel, in this thread and without nodes: for tests. */
  readonly ioctl?: Ioctl | undefined;
}

const UDEV_LIMIT_MS = 30_000;
/** How often a device is looked at where no event is told. */
const LOOK_MS = 250;
/** The first drivers that know it (drivers/md/dm-ioctl.c; lvm2, libdm/ioctl/libdm-iface.c). */
const DEFERRED_REMOVE = 27;
const ARM_POLL = 36;

/**
 * Opens device-mapper. Its threads keep no process alive unless they are at work.
 * @throws DmError NOT_PERMITTED: no rights. UNAVAILABLE: no Linux, no driver, no ffi-rs; the remedy says what helps.
 */
export async function openIoctlKernel(options: IoctlKernelOptions = {}): Promise<IoctlKernel> {
  if (options.ioctl !== undefined) return inThisThread(options.ioctl);
  const udev = options.udev ?? udevRuns();
  const { threads = commandThreads } = options;
  const how = { udev, udevLimitMs: options.udevLimitMs ?? UDEV_LIMIT_MS };
  const changes = threads(how);
  const driver = await changes.open();
  const hasEvents = driver[1] >= ARM_POLL;
  const events = hasEvents ? new PolledEvents() : new TimedEvents(LOOK_MS);
  return kernel(new Lanes(changes, commandThreads(how)), events, {
    driver,
    events: hasEvents,
    udevSync: udev,
    batches: true,
  });
}

async function inThisThread(ioctl: Ioctl): Promise<IoctlKernel> {
  const mapper = new DeviceMapper(ioctl, NO_NODES);
  const driver = await mapper.driverVersion();
  const facts = { driver, events: false, udevSync: false, batches: true };
  return kernel(new DirectHopper(mapper), new TimedEvents(LOOK_MS), facts);
}

function kernel(
  hopper: Hopper,
  events: EventSource,
  { driver, ...facts }: Pick<KernelCapabilities, 'events' | 'udevSync' | 'batches'> & { driver: Version },
): IoctlKernel {
  const capabilities = { ...facts, exactErrno: true, deferredRemove: driver[1] >= DEFERRED_REMOVE };
  return new IoctlKernel({ capabilities, driver, hopper, events });
}

class DirectHopper implements Hopper {
  readonly #mapper: DeviceMapper;
  #isClosed = false;

  constructor(mapper: DeviceMapper) {
    this.#mapper = mapper;
  }

  async run<Name extends Hop<DeviceMapper>>(
    name: Name,
    args: HopArguments<DeviceMapper, Name>,
    signal?: CancelSignal,
  ): Promise<HopResult<DeviceMapper, Name>> {
    if (this.#isClosed) throw closedError(name);
    if (signal?.aborted === true) throw abortedError(signal.reason, name);
    const method = this.#mapper[name] as (
      ...given: HopArguments<DeviceMapper, Name>
    ) => Promise<HopResult<DeviceMapper, Name>>;
    return method.apply(this.#mapper, args);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }
}
