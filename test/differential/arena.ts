import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { release, version } from 'node:os';
import { DmError } from '@dmthin/domain';
import { COMMAND, encodeHeader, FLAG } from '@dmthin/kernel-ioctl';
import type { Call, TraceDisk, TraceHeader } from '../trace/call.ts';
import { GuestClock } from '../trace/guest-clock.ts';
import { RealDisks } from '../trace/real-disks.ts';
import { RealMachine } from '../trace/real-machine.ts';
import { pointRelease } from '../trace/release.ts';
import { Scene } from './scene.ts';
import { hasTarget, tablesOf } from './stack.ts';

const SIZE = 512;
/** How often all devices are removed: those below a device that the worker removes meanwhile are left. */
const ROUNDS = 5;
/** How long the kernel's worker may take, in milliseconds. */
export const DEFERRED_REMOVAL = 150;
/** Their order in the list of targets is the order they were loaded in. */
const FOREIGN_TARGETS = ['dm-log-writes', 'dm-delay', 'dm-flakey'];

/** The real kernel of this guest, with disks of its own, made ready for one sequence of calls after another. */
export class Arena {
  readonly header: TraceHeader;
  readonly machine: RealMachine;
  readonly #clock = new GuestClock();
  readonly #disks: RealDisks;
  /** No devices were there when it was cleared first. */
  #isOurs = false;

  constructor(disks: readonly TraceDisk[], seed: number) {
    // Else each unknown target type or device number starts a process.
    writeFileSync('/proc/sys/kernel/modprobe', '\n');
    const loaded = readFileSync('/proc/modules', 'utf8');
    for (const module of FOREIGN_TARGETS)
      if (loaded.includes(module.replaceAll('-', '_'))) execFileSync('rmmod', [module]);
    this.#disks = new RealDisks(disks);
    this.machine = new RealMachine(this.#clock);
    this.header = { release: pointRelease(release(), version()), major: deviceMapperMajor(), seed, disks };
  }

  /**
   * No mapped devices, all disks zero, and a clock that stands still; false where this machine's clock cannot.
   * @throws DmError BUSY: there are mapped devices already, which are somebody else's.
   */
  async clear(): Promise<boolean> {
    await this.#removeAll();
    this.#disks.clear();
    return this.#clock.stop();
  }

  async close(): Promise<void> {
    if (this.#isOurs) await this.#removeAll();
    this.#clock.run();
    this.machine.close();
    this.#disks.close();
  }

  /** What pools stand on is resumed first: their last commit has to get through. */
  async #removeAll(): Promise<void> {
    // What is marked for deferred removal may be on its way out.
    this.#clock.sleep(DEFERRED_REMOVAL);
    const scene = new Scene(this.machine, this.header.major);
    await scene.refresh();
    if (!this.#isOurs && scene.devices.length > 0)
      throw new DmError('BUSY', 'this machine has mapped devices, and all would be removed', {
        operation: 'record',
        remedy: 'Record in a guest of its own: ./scripts/guest --still-clock -- pnpm trace record ...',
      });
    this.#isOurs = true;
    const concernsPool = (device: Parameters<typeof tablesOf>[0]) =>
      tablesOf(device).some((table) => hasTarget(table, 'thin', 'thin-pool'));
    const byNumber = (one: { readonly number: string }) => {
      const [major = 0, minor = 0] = one.number.split(':').map(Number);
      return { device: { major, minor } };
    };
    for (const device of scene.devices.filter((one) => !concernsPool(one))) {
      await this.machine.play(command(COMMAND.clear, byNumber(device)));
      await this.machine.play(command(COMMAND.suspend, byNumber(device)));
    }
    for (const device of scene.devices.filter((one) => concernsPool(one)))
      await this.machine.play(command(COMMAND.clear, byNumber(device)));
    for (let round = 0; scene.devices.length > 0 && round < ROUNDS; round++) {
      await this.machine.play(command(COMMAND.removeAll, {}));
      // The worker may have been at a device that others wait for.
      this.#clock.sleep(DEFERRED_REMOVAL);
      await scene.refresh();
    }
    if (scene.devices.length > 0)
      throw new Error(
        `cannot be removed: ${scene.devices.map(({ name, openCount }) => `${JSON.stringify(name)} (open ${openCount} times)`).join(', ')}`,
      );
  }
}

function command(nr: number, header: Parameters<typeof encodeHeader>[1]): Call {
  const given = new Uint8Array(SIZE);
  encodeHeader(given, { ...header, flags: FLAG.noFlush });
  return { op: 'ioctl', nr, size: SIZE, given };
}

function deviceMapperMajor(): number {
  return Number(/^\s*(\d+) device-mapper$/mu.exec(readFileSync('/proc/devices', 'utf8'))?.[1]);
}
