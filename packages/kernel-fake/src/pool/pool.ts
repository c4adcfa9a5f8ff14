import type { PoolMetadata } from '@dmthin/thin-metadata';
import type { BlockNode } from '../block/block-node.ts';
import { Refusal } from '../errno/refusal.ts';
import type { OwnDevice } from '../target/own-device.ts';
import type { KernelTime, Timer } from '../time/kernel-time.ts';
import { errnoOf } from './pool-fault.ts';
import { DEFAULT_FEATURES, type PoolFeatures } from './pool-features.ts';
import { isReadOnly, type PoolMode, takesChanges } from './pool-mode.ts';

/** COMMIT_PERIOD of dm-thin.c, in milliseconds. */
const COMMIT_PERIOD = 1000;
/** What that is for the worker's timer at 100 Hz: the timer wheel keeps 100 ticks in slots of 8, and is never early. */
const WAKE_PERIOD = 1040;

/** The table that controls a pool: what the pool takes over when that table is resumed. */
export interface PoolControl {
  readonly requested: PoolFeatures;
  readonly passesDiscardsDown: boolean;
  readonly lowWaterMark: bigint;
  /** In sectors. */
  readonly length: bigint;
  /** The mode to resume in; kept by the pool, so that a resume of the same table changes nothing. */
  mode: PoolMode;
}

/** A thin device's table line, as its pool knows it. */
export interface ActiveThin {
  readonly device: OwnDevice;
}

export interface PoolParts {
  /** The thin-pool's own mapped device. */
  readonly device: OwnDevice;
  readonly metadataNode: BlockNode;
  readonly dataNode: BlockNode;
  readonly metadata: PoolMetadata;
  /** In sectors; that of the first table, whatever later ones say (dm-kernel.md 0.2). */
  readonly blockSize: number;
  readonly time: KernelTime;
  /** In milliseconds; 0 is never. */
  readonly noSpaceTimeout: number;
  /** The last table that used the pool is gone. */
  readonly onGone: () => void;
}

/**
 * A pool at work: one for all tables, live and inactive, of a thin-pool device and of the thin devices in it
 * (struct pool in dm-thin.c). It goes when the last of them does.
 */
export class Pool {
  readonly device: OwnDevice;
  readonly metadataNode: BlockNode;
  readonly dataNode: BlockNode;
  readonly metadata: PoolMetadata;
  /** In sectors. */
  readonly blockSize: number;
  /** The thin tables that are there, in the order they were made. */
  readonly activeThins: Set<ActiveThin> = new Set();
  /** The table in control: the last that was resumed. */
  control: PoolControl | undefined;
  features: PoolFeatures = DEFAULT_FEATURES;
  isSuspended = true;
  readonly #time: KernelTime;
  readonly #noSpaceTimeout: number;
  readonly #onGone: () => void;
  #mode: PoolMode = 'write';
  #lowWaterMark = 0n;
  #isLowWaterSent = false;
  /** Out of data space since it was last writable: what fails then fails with ENOSPC. */
  #wasOutOfDataSpace = false;
  #uses = 0;
  /** When a worker last committed, on the kernel's time; commits of messages and status do not count. */
  #lastCommit: number;
  /** A thin device's mapping changed since the last commit. */
  #isChanged = false;
  #resumedAt = 0;
  #waker: Timer | undefined;
  #noSpaceTimer: Timer | undefined;

  constructor(parts: PoolParts) {
    this.device = parts.device;
    this.metadataNode = parts.metadataNode;
    this.dataNode = parts.dataNode;
    this.metadata = parts.metadata;
    this.blockSize = parts.blockSize;
    this.#time = parts.time;
    this.#noSpaceTimeout = parts.noSpaceTimeout;
    this.#onGone = parts.onGone;
    this.#lastCommit = parts.time.now();
  }

  get mode(): PoolMode {
    return this.#mode;
  }

  /** What a write that cannot be served fails with. */
  get ioErrno(): 'ENOSPC' | 'EIO' {
    return this.#wasOutOfDataSpace ? 'ENOSPC' : 'EIO';
  }

  /** @throws Refusal EAGAIN: a device below is suspended, and the real kernel would wait for it. */
  assertFlows(): void {
    if (this.metadataNode.isStalled || this.dataNode.isStalled)
      throw new Refusal('EAGAIN', "the pool's metadata or data device is suspended");
  }

  take(): void {
    this.#uses++;
  }

  /** The last to give it back closes it: a final commit, unless it takes no changes. */
  give(): void {
    if (--this.#uses > 0) return;
    this.#waker?.cancel();
    this.#noSpaceTimer?.cancel();
    try {
      this.metadata.close();
    } catch (failure) {
      // A line in the kernel's log; the pool goes all the same.
      errnoOf(failure);
    }
    this.#onGone();
  }

  /** A table takes control as it is resumed: its features, its mark, and its mode where that may be. */
  bind(control: PoolControl): void {
    const wanted = control.mode;
    control.mode = this.#mode;
    this.control = control;
    this.features = { ...control.requested, passesDiscardsDown: control.passesDiscardsDown };
    this.#lowWaterMark = control.lowWaterMark;
    this.setMode(wanted);
  }

  unbind(control: PoolControl): void {
    if (this.control === control) this.control = undefined;
  }

  setMode(wanted: PoolMode): void {
    const old = this.#mode;
    const mode = this.#allowed(wanted);
    if (mode === 'out-of-data-space') {
      this.#wasOutOfDataSpace = true;
      this.#startNoSpaceTimer();
    } else if (mode === 'write') {
      this.#noSpaceTimer?.cancel();
      this.#noSpaceTimer = undefined;
      this.#wasOutOfDataSpace = false;
      this.features = { ...this.features, errorIfNoSpace: this.control?.requested.errorIfNoSpace ?? false };
    }
    this.#mode = mode;
    // Stays as it is out of data space, where discards still change it.
    if (mode !== 'out-of-data-space') this.metadata.setReadOnly(mode !== 'write');
    if (this.control !== undefined) this.control.mode = mode;
    if (old !== mode) this.event();
  }

  /** Raises the event number of the pool's device. */
  event(): void {
    if (this.control !== undefined) this.device.event();
  }

  /** False where the pool takes no changes, or the metadata could not be written. */
  commit(): boolean {
    if (!takesChanges(this.#mode)) return false;
    try {
      // The data has to last before a mapping to it does.
      this.dataNode.flush();
      this.metadata.commit();
    } catch (failure) {
      this.metadataFailed(failure);
      return false;
    }
    this.#isChanged = false;
    if (this.metadata.freeMetadataBlocks === 0 && !isReadOnly(this.#mode)) this.setMode('out-of-metadata-space');
    if (this.#mode === 'out-of-data-space' && this.metadata.freeDataBlocks > 0) this.setMode('write');
    return true;
  }

  /** Goes back to the last commit, marks the metadata for a check, and takes no more changes. */
  metadataFailed(failure: unknown): void {
    errnoOf(failure);
    try {
      this.metadata.abort();
      this.metadata.setNeedsCheck();
    } catch (second) {
      errnoOf(second);
      // Neither forward nor back.
      this.setMode('fail');
    }
    this.#isChanged = false;
    this.setMode('read-only');
  }

  /**
   * Changes a thin device's mapping for an I/O; the worker commits it in time.
   * @throws Refusal EIO or ENOSPC: it failed, and the pool is read-only now.
   */
  change(operation: () => void, errno?: 'EIO'): void {
    this.adjust(operation, errno);
    this.#changed();
  }

  /** Does a metadata operation that no thin device counts as a change: the worker sees nothing to commit. @throws as `change`. */
  adjust(operation: () => void, errno?: 'EIO'): void {
    try {
      operation();
    } catch (failure) {
      this.metadataFailed(failure);
      throw new Refusal(errno ?? this.ioErrno, `the pool's metadata failed: ${String(failure)}`);
    }
  }

  /**
   * A free data block (alloc_data_block). May commit, send the low water event, and change the mode.
   * @throws Refusal ENOSPC: there is none; the pool is out of data space. EIO: the metadata failed.
   */
  allocate(): number {
    this.#checkLowWater();
    if (this.metadata.freeDataBlocks === 0) {
      // What was freed since the last commit can be had only after one.
      if (!this.commit()) throw new Refusal(this.ioErrno, 'the pool cannot commit');
      if (this.metadata.freeDataBlocks === 0) {
        this.setMode('out-of-data-space');
        throw new Refusal('ENOSPC', 'no free data block');
      }
    }
    const block = this.#allocated();
    // Before the metadata's reserve is used up.
    if (this.metadata.freeMetadataBlocks === 0 && !this.commit())
      throw new Refusal(this.ioErrno, 'the pool cannot commit');
    return block;
  }

  /**
   * What becomes of a write that cannot be served in this mode: an error, or a wait for space, which passes in an
   * instant here. Returns where the pool has space again.
   * @throws Refusal ENOSPC, EIO; EAGAIN: nothing would ever end the wait.
   */
  waitForSpace(): void {
    while (this.#mode === 'out-of-data-space' && !this.features.errorIfNoSpace) {
      const next = [this.#waker, this.#noSpaceTimer].flatMap((timer) => (timer === undefined ? [] : [timer.due]));
      if (next.length === 0) throw new Refusal('EAGAIN', 'the pool is full, and waits for space without a limit');
      this.#time.skipTo(Math.min(...next));
    }
    if (this.#mode === 'write') return;
    throw new Refusal(this.#mode === 'out-of-data-space' ? 'ENOSPC' : 'EIO', `the pool is ${this.#mode}`);
  }

  /** What the worker does last in each pass: commits where something changed and the last time is a while ago. */
  workerPass(): void {
    if (!this.#isChanged || this.#time.now() - this.#lastCommit <= COMMIT_PERIOD) return;
    this.commitByWorker();
  }

  /** @returns false where it failed. */
  commitByWorker(): boolean {
    if (!this.commit()) return false;
    this.#lastCommit = this.#time.now();
    return true;
  }

  suspend(): void {
    this.isSuspended = true;
    for (const { device } of this.activeThins) device.suspendInternally();
  }

  /** Once nothing is under way any more. */
  suspended(): void {
    this.#waker?.cancel();
    this.#waker = undefined;
    this.#noSpaceTimer?.cancel();
    this.#noSpaceTimer = undefined;
    this.commit();
  }

  resume(): void {
    for (const { device } of this.activeThins) device.resumeInternally();
    this.#isLowWaterSent = false;
    this.isSuspended = false;
    this.#resumedAt = this.#time.now();
    if (this.#isChanged) this.#startWaker();
  }

  #allowed(wanted: PoolMode): PoolMode {
    // Rolling back failed once: nothing but taking the pool down helps.
    if (this.#mode === 'fail') return 'fail';
    if (wanted !== 'write' || !this.metadata.needsCheck) return wanted;
    return this.#mode === 'write' ? 'read-only' : this.#mode;
  }

  #changed(): void {
    this.#isChanged = true;
    if (this.#waker === undefined) this.#startWaker();
  }

  /** The worker wakes each second or so, counted from the resume; here only while there is something to commit. */
  #startWaker(): void {
    if (this.isSuspended) return;
    const since = this.#time.now() - this.#resumedAt;
    this.#waker = this.#time.after(WAKE_PERIOD - (since % WAKE_PERIOD), () => {
      this.#waker = undefined;
      this.workerPass();
      if (this.#isChanged && takesChanges(this.#mode)) this.#startWaker();
    });
  }

  #startNoSpaceTimer(): void {
    if (this.features.errorIfNoSpace || this.#noSpaceTimeout === 0 || this.#noSpaceTimer !== undefined) return;
    this.#noSpaceTimer = this.#time.after(this.#noSpaceTimeout, () => {
      this.#noSpaceTimer = undefined;
      if (this.#mode !== 'out-of-data-space' || this.features.errorIfNoSpace) return;
      this.features = { ...this.features, errorIfNoSpace: true };
      this.event();
    });
  }

  #checkLowWater(): void {
    if (this.#isLowWaterSent || BigInt(this.metadata.freeDataBlocks) > this.#lowWaterMark) return;
    this.#isLowWaterSent = true;
    this.event();
  }

  #allocated(): number {
    try {
      return this.metadata.allocateData();
    } catch (failure) {
      if (errnoOf(failure) === 'ENOSPC') {
        // Free, but only since the last commit.
        this.setMode('out-of-data-space');
        throw new Refusal('ENOSPC', 'no data block that was free at the last commit');
      }
      this.metadataFailed(failure);
      throw new Refusal(this.ioErrno, `the pool's metadata failed: ${String(failure)}`);
    }
  }
}
