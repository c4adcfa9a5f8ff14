import { bytes, type DeviceNumber, DmError } from '@dmthin/domain';
import type { FakeKernel } from '@dmthin/kernel-fake';
import type { BlockDevice, BlockDevices, OpenBlockOptions } from '@dmthin/ports';

/** The block devices of a fake kernel by path: its mapped devices, and the disks that `disks` names. */
export class FakeBlockDevices implements BlockDevices {
  readonly #kernel: FakeKernel;
  readonly #disks: ReadonlyMap<string, DeviceNumber>;

  constructor(kernel: FakeKernel, disks: ReadonlyMap<string, DeviceNumber>) {
    this.#kernel = kernel;
    this.#disks = disks;
  }

  async identify(path: string): Promise<DeviceNumber> {
    const number = this.#kernel.lookup(path) ?? this.#disks.get(path);
    if (number !== undefined) return number;
    throw new DmError('NOT_FOUND', `${path} is not there`, { errno: 'ENOENT', subject: path });
  }

  async size(path: string): Promise<BlockDevice['size']> {
    const device = await this.open(path, { readOnly: true });
    await device.close();
    return device.size;
  }

  async open(path: string, { readOnly, exclusive }: OpenBlockOptions = {}): Promise<BlockDevice> {
    const handle = this.#kernel.open(await this.identify(path), { readOnly, exclusive });
    return {
      number: handle.number,
      size: bytes(handle.size),
      read: async (offset, length) => handle.read(Number(offset), length),
      write: async (offset, data) => handle.write(Number(offset), data),
      discard: async (offset, length) => handle.discard(Number(offset), Number(length)),
      flush: async () => handle.flush(),
      close: async () => handle.close(),
    };
  }
}
