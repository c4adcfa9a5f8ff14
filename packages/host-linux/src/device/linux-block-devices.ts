import type { Bytes, DeviceNumber } from '@dmthin/domain';
import { DmError } from '@dmthin/domain';
import type { BlockDevice, BlockDevices, CancelSignal, OpenBlockOptions } from '@dmthin/ports';
import { systemError } from '../error/system-error.ts';
import type { HostThreads } from '../thread/host-threads.ts';
import type { OpenedDevice } from './device-calls.ts';

/** So much is discarded at a time, on its own multiples, so that it can be cancelled and no pool's block is cut. */
const DISCARD_STEP = 1n << 30n;

/** The block devices of this machine. */
export class LinuxBlockDevices implements BlockDevices {
  readonly #threads: HostThreads;

  constructor(threads: HostThreads) {
    this.#threads = threads;
  }

  async open(path: string, options: OpenBlockOptions = {}): Promise<BlockDevice> {
    const opened = await this.#threads.run('openDevice', [path, options]);
    return new OpenBlockDevice(this.#threads, path, opened, options.readOnly === true);
  }

  identify(path: string): Promise<DeviceNumber> {
    return this.#threads.run('identifyDevice', [path]);
  }

  size(path: string): Promise<Bytes> {
    return this.#threads.run('deviceSize', [path]);
  }
}

class OpenBlockDevice implements BlockDevice {
  readonly number: DeviceNumber;
  readonly size: Bytes;
  readonly #threads: HostThreads;
  readonly #path: string;
  readonly #fd: number;
  readonly #isReadOnly: boolean;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(threads: HostThreads, path: string, { fd, number, size }: OpenedDevice, isReadOnly: boolean) {
    this.#threads = threads;
    this.#path = path;
    this.#fd = fd;
    this.number = number;
    this.size = size;
    this.#isReadOnly = isReadOnly;
  }

  read(offset: bigint, length: number): Promise<Uint8Array> {
    return this.#inTurn('read', () => this.#threads.run('readDevice', [this.#path, this.#fd, offset, length]));
  }

  async write(offset: bigint, data: Uint8Array): Promise<void> {
    this.#requireWritable('write');
    // A view goes to another thread with all of the buffer that it is a part of.
    const own = data.byteLength === data.buffer.byteLength ? data : data.slice();
    await this.#inTurn('write', () => this.#threads.run('writeDevice', [this.#path, this.#fd, offset, own]));
  }

  async discard(offset: bigint, length: bigint, signal?: CancelSignal): Promise<void> {
    this.#requireWritable('discard');
    for (let at = offset; at < offset + length; ) {
      const next = (at / DISCARD_STEP + 1n) * DISCARD_STEP;
      const end = next < offset + length ? next : offset + length;
      const step = [this.#path, this.#fd, at, end - at] as const;
      await this.#inTurn('discard', () => this.#threads.run('discardDevice', [...step], signal));
      at = end;
    }
  }

  async flush(): Promise<void> {
    await this.#inTurn('flush', () => this.#threads.run('flushDevice', [this.#path, this.#fd]));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    const closed = this.#inTurn('close', () => this.#threads.run('closeDevice', [this.#path, this.#fd]));
    this.#isClosed = true;
    await closed;
  }

  /** One after the other, so that no call is under way when the descriptor is closed and its number given to others. */
  #inTurn<Result>(operation: string, call: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed)
      return Promise.reject(
        new DmError('CLOSED', `${operation} ${this.#path}: it was closed before`, { operation, subject: this.#path }),
      );
    const turn = this.#last.then(call);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #requireWritable(operation: string): void {
    if (this.#isReadOnly) throw systemError(operation, this.#path, 'EPERM', 'it was opened to be read');
  }
}
