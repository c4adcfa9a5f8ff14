import type { DeviceNumber } from '@dmthin/domain';
import { Openings } from '../block/openings.ts';
import { Failures } from '../errno/failures.ts';
import { Refusal } from '../errno/refusal.ts';
import { DeviceStats } from '../stats/device-stats.ts';
import type { Direction } from '../stats/region.ts';
import { DeviceOpens } from '../table/device-opens.ts';
import type { DmTable, TableLine } from '../table/dm-table.ts';
import type { OwnDevice } from '../target/own-device.ts';

const SECTOR = 512;

/** What a device has to tell the rest of the kernel. */
export interface DeviceListener {
  /** Its event number went up. */
  deviceEvent(): void;
  /** Nobody has it open any more. */
  deviceClosed(device: MappedDevice): void;
}

/** A mapped device: its state (dm-kernel.md 2.1), and its I/O through the live table. */
export class MappedDevice implements OwnDevice {
  /** One character a byte, as all names and uuids inside the kernel. */
  name: string;
  uuid: string;
  readonly number: DeviceNumber;
  readonly openings: Openings = new Openings();
  readonly opens: DeviceOpens = new DeviceOpens();
  live: DmTable | undefined;
  inactive: DmTable | undefined;
  /** The first successful load makes it a block device of the machine. */
  isRegistered = false;
  /** By a command. */
  isSuspended = false;
  isDeferredRemove = false;
  isGone = false;
  isReadOnly = false;
  /** As its table could when it was loaded first, or swapped in: the queue's limits are set then. */
  canDiscard = false;
  hasWriteCache = false;
  /** Whether user space has a node for it: from its first resume on. */
  hasNode = false;
  /** In bytes; that of the live table when it was swapped in. */
  size = 0;
  /** The same in sectors, exact. */
  sectors = 0n;
  eventNumber = 0;
  geometry: string | undefined;
  /** A suspend or resume that waits; others of the same device wait for it. */
  changing: Promise<void> | undefined;
  readonly stats: DeviceStats = new DeviceStats();
  readonly #listener: DeviceListener;
  readonly #waiters = new Set<() => void>();
  #isInIo = false;
  /** How often the kernel itself suspended it: a thin device whose pool is suspended. */
  #internalSuspends = 0;

  constructor(name: string, uuid: string, number: DeviceNumber, listener: DeviceListener) {
    this.name = name;
    this.uuid = uuid;
    this.number = number;
    this.#listener = listener;
  }

  get isInternallySuspended(): boolean {
    return this.#internalSuspends > 0;
  }

  get isStalled(): boolean {
    if (this.isSuspended || this.#internalSuspends > 0) return true;
    return this.live?.devices.some(({ isStalled }) => isStalled) ?? false;
  }

  /** Raises the event number and wakes who waits for it. */
  event(): void {
    this.eventNumber = (this.eventNumber + 1) >>> 0;
    this.#listener.deviceEvent();
    this.wake();
  }

  /** Resolves at the next `wake`: an event, a resume, or the device's end; what it returns stops waiting. */
  onWake(listener: () => void): () => void {
    this.#waiters.add(listener);
    return () => {
      this.#waiters.delete(listener);
    };
  }

  wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** Makes `table` live and takes its size over; gives the old one back, to be destroyed. */
  swap(table: DmTable): DmTable | undefined {
    const old = this.live;
    this.live = table;
    if (table.size !== this.sectors) this.geometry = undefined;
    this.sectors = table.size;
    this.size = Number(table.size) * SECTOR;
    this.isReadOnly = table.isReadOnly;
    this.takeLimits(table);
    return old;
  }

  takeLimits({ canDiscard, hasWriteCache }: DmTable): void {
    this.canDiscard = canDiscard;
    this.hasWriteCache = hasWriteCache;
  }

  stopTargets(): void {
    for (const { target } of this.live?.lines ?? []) target.presuspend?.();
    for (const { target } of this.live?.lines ?? []) target.postsuspend?.();
  }

  /** @throws Refusal what a target's preresume gives. */
  startTargets(): void {
    for (const { target } of this.live?.lines ?? []) target.preresume?.();
    for (const { target } of this.live?.lines ?? []) target.resume?.();
  }

  suspendInternally(): void {
    if (this.#internalSuspends++ === 0 && !this.isSuspended) this.stopTargets();
  }

  resumeInternally(): void {
    if (--this.#internalSuspends > 0) return;
    if (!this.isSuspended)
      try {
        this.startTargets();
      } catch (failure) {
        if (!(failure instanceof Refusal)) throw failure;
        // Nobody can be told; a normal suspend keeps suspends and resumes of the targets in pairs (dm.c).
        this.isSuspended = true;
      }
    this.wake();
  }

  read(offset: number, into: Uint8Array): void {
    this.#eachLine(offset, into.length, (line, at, from, to) => {
      this.#account('read', line, at, to - from, line.target.longestIo);
      line.target.read(at - line.start, from === 0 && to === into.length ? into : into.subarray(from, to));
    });
  }

  write(offset: number, data: Uint8Array, inPages?: boolean): void {
    this.#eachLine(offset, data.length, (line, at, from, to) => {
      this.#account('write', line, at, to - from, line.target.longestIo);
      const part = from === 0 && to === data.length ? data : data.subarray(from, to);
      line.target.write(at - line.start, part, inPages);
    });
  }

  discard(offset: number, length: number): void {
    if (!this.canDiscard && offset + length <= this.size)
      throw new Refusal('EOPNOTSUPP', `${this.name} takes no discards`);
    this.#eachLine(offset, length, (line, at, from, to) => {
      this.#account('write', line, at, to - from);
      line.target.discard(at - line.start, to - from);
    });
  }

  flush(): void {
    if (this.live === undefined && this.hasWriteCache) throw new Refusal('EIO', 'mapping table unavailable');
    this.#assertFlows();
    this.#guarded(() => {
      for (const { target } of this.live?.lines ?? []) target.flush();
    });
  }

  assertOpenable(): void {
    if (!this.isRegistered || this.isGone) throw new Refusal('ENXIO', 'the device never had a table, or is going');
  }

  lastClosed(): void {
    this.#listener.deviceClosed(this);
  }

  /** Cuts an I/O at the borders of the targets; all parts are tried, and the first failure is the I/O's. */
  #eachLine(
    offset: number,
    length: number,
    access: (line: TableLine, at: number, from: number, to: number) => void,
  ): void {
    this.#assertFlows();
    if (offset + length > this.size) throw new Refusal('EIO', 'attempt to access beyond end of device');
    this.#guarded(() => {
      const failures = new Failures();
      for (let from = 0; from < length; ) {
        const line = this.live?.lineAt(offset + from);
        if (line === undefined) throw new Refusal('EIO', 'no target there');
        const to = Math.min(length, line.end - offset);
        const begin = from;
        failures.of(() => access(line, offset + begin, begin, to));
        from = to;
      }
      failures.throwFirst();
    });
  }

  /** Counts an I/O in the pieces that the kernel cuts it into: at multiples of `longest` bytes of the target. */
  #account(direction: Direction, { target, start }: TableLine, at: number, length: number, longest = Infinity): void {
    if (!this.stats.isCounting || target.failsAtOnce === true) return;
    const end = at + length;
    for (let from = at; from < end; ) {
      const to = longest === Infinity ? end : Math.min(end, from + longest - ((from - start) % longest));
      this.stats.account(direction, BigInt(from / SECTOR), BigInt((to - from) / SECTOR));
      from = to;
    }
  }

  #assertFlows(): void {
    if (this.isSuspended || this.#internalSuspends > 0) throw new Refusal('EAGAIN', `${this.name} is suspended`);
  }

  /** A table may name its own device (dm-kernel.md 8.3); the real kernel's stack would overflow, this one fails the I/O. */
  #guarded(io: () => void): void {
    if (this.#isInIo) throw new Refusal('EIO', `${this.name} stands on itself`);
    this.#isInIo = true;
    try {
      io();
    } finally {
      this.#isInIo = false;
    }
  }
}
