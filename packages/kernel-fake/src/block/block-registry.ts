import { type DeviceNumber, DmError, formatDeviceNumber } from '@dmthin/domain';
import type { BlockStore } from '@dmthin/ports';
import type { DiskFaults } from '../fault/disk-faults.ts';
import { type BlockNode, numberKey } from './block-node.ts';
import { Disk } from './disk.ts';

/** Every block device of the machine, by number: plain disks and registered mapped devices. */
export class BlockRegistry {
  readonly #nodes = new Map<number, BlockNode>();
  readonly #faults: DiskFaults;
  readonly #lastClose: ((number: DeviceNumber) => void)[] = [];
  #resolve: (path: string) => DeviceNumber | undefined = () => undefined;

  constructor(faults: DiskFaults) {
    this.#faults = faults;
  }

  find(number: DeviceNumber): BlockNode | undefined {
    return this.#nodes.get(numberKey(number));
  }

  add(node: BlockNode): void {
    this.#nodes.set(numberKey(node.number), node);
  }

  delete(node: BlockNode): void {
    this.#nodes.delete(numberKey(node.number));
  }

  /** The plain disks, in the order they were attached. */
  *disks(): Generator<Disk> {
    for (const node of this.#nodes.values()) if (node instanceof Disk) yield node;
  }

  /** @throws DmError NOT_FOUND: no plain disk has that number. */
  disk(number: DeviceNumber): Disk {
    const node = this.find(number);
    if (node instanceof Disk) return node;
    throw new DmError('NOT_FOUND', `there is no disk ${formatDeviceNumber(number)}`, { errno: 'ENXIO' });
  }

  /** @throws DmError ALREADY_EXISTS: the number is taken. */
  attach(number: DeviceNumber, store: BlockStore): void {
    const subject = formatDeviceNumber(number);
    if (this.find(number) !== undefined)
      throw new DmError('ALREADY_EXISTS', `block device ${subject} is there already`, { operation: 'attach', subject });
    this.add(new Disk(number, store, this.#faults, (disk) => this.#closed(disk.number)));
  }

  /** @throws DmError NOT_FOUND; BUSY: somebody has it open. */
  detach(number: DeviceNumber): void {
    const disk = this.disk(number);
    const subject = formatDeviceNumber(number);
    if (disk.openings.count > 0)
      throw new DmError('BUSY', `disk ${subject} cannot be detached: ${disk.openings.count} have it open`, {
        errno: 'EBUSY',
        operation: 'detach',
        subject,
      });
    this.delete(disk);
  }

  /** Tells how paths that are not device-mapper's become numbers. */
  onLookup(resolve: (path: string) => DeviceNumber | undefined): void {
    this.#resolve = resolve;
  }

  onLastClose(listener: (number: DeviceNumber) => void): void {
    this.#lastClose.push(listener);
  }

  resolve(path: string): DeviceNumber | undefined {
    return this.#resolve(path);
  }

  #closed(number: DeviceNumber): void {
    for (const listener of this.#lastClose) listener(number);
  }
}
