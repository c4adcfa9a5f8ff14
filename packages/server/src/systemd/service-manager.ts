import { DmError } from '@dmthin/domain';
import { boundPath, sendDatagram } from '@dmthin/libc';
import type { Log } from '@dmthin/ports';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The first of the descriptors that are handed over (sd_listen_fds(3)). */
const FIRST_PASSED = 3;

/**
 * The service manager that started this process: systemd's protocols for sockets that it hands over (sd_listen_fds(3))
 * and for being told how the service does (sd_notify(3)). Both are of no effect where nobody asked for them.
 */
export class ServiceManager {
  readonly #address: string;
  readonly #log: Log;
  /** Descriptors by the path that they are bound to; undefined for what has none. */
  readonly #passed: ReadonlyMap<number, string | undefined>;
  readonly #taken = new Set<number>();
  #status: string;

  constructor(environment: Environment, log: Log, status: string) {
    this.#address = environment['NOTIFY_SOCKET'] ?? '';
    this.#log = log;
    this.#status = status;
    this.#passed = new Map(passedTo(process.pid, environment).map((descriptor) => [descriptor, boundPath(descriptor)]));
  }

  /** The descriptor of a listening socket that was made on `path` for this process. */
  take(path: string): number | undefined {
    for (const [descriptor, bound] of this.#passed)
      if (bound === path) {
        this.#taken.add(descriptor);
        return descriptor;
      }
    return undefined;
  }

  /**
   * Clients of a socket that nobody serves would wait for ever.
   * @throws DmError INVALID_ARGUMENT: a socket was handed over and not taken.
   */
  refuseOthers(): void {
    for (const [descriptor, bound] of this.#passed)
      if (!this.#taken.has(descriptor))
        throw new DmError(
          'INVALID_ARGUMENT',
          `systemd hands over ${bound ?? 'a socket without a path'}, to be served`,
          {
            operation: 'listen',
            subject: bound ?? `descriptor ${descriptor}`,
            remedy: 'Name the same path in ExecStart= and in ListenStream= of the socket unit.',
          },
        );
  }

  ready(): void {
    this.#tell('READY=1', `STATUS=${this.#status}`);
  }

  /** systemd takes the next `ready` for the end of it. */
  reloading(): void {
    this.#tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  stopping(): void {
    this.#tell('STOPPING=1', 'STATUS=letting calls under way end');
  }

  /** What `systemctl status` shows. */
  status(text: string): void {
    this.#status = text;
    this.#tell(`STATUS=${text}`);
  }

  #tell(...assignments: readonly string[]): void {
    if (this.#address === '') return;
    const { errno } = sendDatagram(this.#address, Buffer.from(assignments.join('\n')));
    if (errno !== 0) this.#log.write('warn', `${this.#address} does not take "${assignments[0]}": errno ${errno}`);
  }
}

/** A process that merely inherited the variables finds another's id in them. */
function passedTo(pid: number, environment: Environment): readonly number[] {
  if (environment['LISTEN_PID'] !== String(pid)) return [];
  const count = Number(environment['LISTEN_FDS'] ?? 0);
  return Number.isSafeInteger(count) ? Array.from({ length: count }, (_, index) => FIRST_PASSED + index) : [];
}
