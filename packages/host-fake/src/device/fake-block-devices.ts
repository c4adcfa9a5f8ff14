import { type Bytes, bytes, type DeviceNumber, DmError } from '@dmthin/domain';
import type { BlockDevice, BlockDevices, BlockHandle, BlockLayer, CancelSignal, OpenBlockOptions } from '@dmthin/ports';
import { hostError } from '../error/host-error.ts';
import type { HostFaults } from '../fault/faults.ts';
import type { DevicePaths } from './device-paths.ts';
import { whenResumed } from './when-resumed.ts';

const SECTOR = 512n;

export interface BlockDeviceOptions {
  readonly layer: BlockLayer;
  readonly paths: DevicePaths;
  readonly faults: HostFaults;
  /** Runs the close of a plain open. */
  readonly close: (number: DeviceNumber, close: () => void) => void;
}

export class FakeBlockDevices implements BlockDevices {
  readonly #options: BlockDeviceOptions;

  constructor(options: BlockDeviceOptions) {
    this.#options = options;
  }

  async open(path: string, options: OpenBlockOptions = {}): Promise<BlockDevice> {
    this.#options.faults.check('open', path);
    const handle = await this.#open(path, options);
    return new FakeBlockDevice(path, handle, options.readOnly ?? false, this.#options.close);
  }

  identify(path: string): Promise<DeviceNumber> {
    return this.#options.paths.resolve('identify', path);
  }

  async size(path: string): Promise<Bytes> {
    const handle = await this.#open(path, { readOnly: true });
    const size = bytes(handle.size);
    this.#options.close(handle.number, () => handle.close());
    return size;
  }

  async #open(path: string, options: OpenBlockOptions): Promise<BlockHandle> {
    const number = await this.#options.paths.resolve('open', path);
    return this.#options.layer.open(number, options);
  }
}

class FakeBlockDevice implements BlockDevice {
  readonly number: DeviceNumber;
  readonly size: Bytes;
  readonly #path: string;
  readonly #readOnly: boolean;
  readonly #closeHandle: BlockDeviceOptions['close'];
  #handle: BlockHandle | undefined;

  constructor(path: string, handle: BlockHandle, readOnly: boolean, close: BlockDeviceOptions['close']) {
    this.number = handle.number;
    this.size = bytes(handle.size);
    this.#path = path;
    this.#readOnly = readOnly;
    this.#closeHandle = close;
    this.#handle = handle;
  }

  async read(offset: bigint, length: number): Promise<Uint8Array> {
    const handle = this.#ready('read', offset, BigInt(length));
    return whenResumed(handle, () => handle.read(Number(offset), length));
  }

  async write(offset: bigint, data: Uint8Array): Promise<void> {
    const handle = this.#ready('write', offset, BigInt(data.length));
    this.#assertWritable('write');
    await whenResumed(handle, () => handle.write(Number(offset), data));
  }

  async discard(offset: bigint, length: bigint, signal?: CancelSignal): Promise<void> {
    const handle = this.#ready('discard', offset, length);
    this.#assertWritable('discard');
    if (signal?.aborted === true)
      throw new DmError('ABORTED', `discard ${this.#path}: cancelled`, { cause: signal.reason, subject: this.#path });
    await whenResumed(handle, () => handle.discard(Number(offset), Number(length)));
  }

  async flush(): Promise<void> {
    const handle = this.#open('flush');
    await whenResumed(handle, () => handle.flush());
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle !== undefined) this.#closeHandle(this.number, () => handle.close());
  }

  #open(operation: string): BlockHandle {
    if (this.#handle === undefined)
      throw new DmError('CLOSED', `${operation} ${this.#path}: it was closed`, { operation, subject: this.#path });
    return this.#handle;
  }

  #ready(operation: string, offset: bigint, length: bigint): BlockHandle {
    const handle = this.#open(operation);
    if (offset % SECTOR !== 0n || length % SECTOR !== 0n)
      throw hostError(
        operation,
        this.#path,
        'EINVAL',
        `${length} bytes at ${offset} are not whole sectors of 512 bytes`,
      );
    if (offset < 0n || length < 0n || offset + length > BigInt(handle.size))
      throw hostError(operation, this.#path, 'EINVAL', `${length} bytes at ${offset} do not lie on its ${handle.size}`);
    return handle;
  }

  #assertWritable(operation: string): void {
    if (this.#readOnly) throw hostError(operation, this.#path, 'EPERM', 'it was opened to be read only');
  }
}
