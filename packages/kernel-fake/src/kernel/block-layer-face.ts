import { type DeviceNumber, DmError, formatDeviceNumber } from '@dmthin/domain';
import type { BlockHandle, BlockLayer, BlockStore, OpenHandleOptions } from '@dmthin/ports';
import { Handle } from '../block/handle.ts';
import { blockError } from '../errno/block-error.ts';
import { Refusal } from '../errno/refusal.ts';
import type { Machine } from '../machine/machine.ts';
import { toBytes } from '../text/byte-string.ts';

const NO_TEXT = () => '';

/** The block side of a machine, as a host in memory stands on it. */
export class BlockLayerFace implements BlockLayer {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  attach(number: DeviceNumber, store: BlockStore): void {
    if (number.major === this.#machine.devices.major)
      throw new DmError('ALREADY_EXISTS', `major ${number.major} is device-mapper's own`, {
        operation: 'attach',
        subject: formatDeviceNumber(number),
      });
    this.#machine.blocks.attach(number, store);
  }

  detach(number: DeviceNumber): void {
    this.#machine.blocks.detach(number);
  }

  openCount(number: DeviceNumber): number {
    return this.#machine.blocks.disk(number).openings.count;
  }

  open(number: DeviceNumber, options: OpenHandleOptions = {}): BlockHandle {
    const device = formatDeviceNumber(number);
    try {
      this.#machine.time.runDue();
      const succeeded = this.#machine.faults.begin({ kind: 'open', device, text: NO_TEXT });
      const node = this.#machine.block(number);
      if (node === undefined) throw new Refusal('ENXIO', 'there is no such block device');
      const handle = new Handle(this.#machine, node, options);
      succeeded?.();
      return handle;
    } catch (failure) {
      throw blockError('open', device, failure);
    }
  }

  lookup(path: string): DeviceNumber | undefined {
    return this.#machine.nodeNumber(toBytes(path));
  }

  onLookup(resolve: (path: string) => DeviceNumber | undefined): void {
    this.#machine.blocks.onLookup(resolve);
  }

  onLastClose(listener: (number: DeviceNumber) => void): void {
    this.#machine.blocks.onLastClose(listener);
  }
}
