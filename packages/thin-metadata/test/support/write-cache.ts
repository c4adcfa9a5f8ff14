import type { MemoryMetadataDevice, MetadataDevice } from '@dmthin/thin-metadata';

type Operation = 'flush' | { readonly block: number; readonly bytes: Uint8Array };

/** A device whose writes lie in a cache until a flush, and a log of what it was asked to do. */
export class WriteCache implements MetadataDevice {
  readonly #device: MemoryMetadataDevice;
  #start: MemoryMetadataDevice;
  #log: Operation[] = [];

  constructor(device: MemoryMetadataDevice) {
    this.#device = device;
    this.#start = device.copy();
  }

  get nrBlocks(): number {
    return this.#device.nrBlocks;
  }

  /** Operations since the log was started. */
  get logged(): number {
    return this.#log.length;
  }

  read(block: number): Uint8Array {
    return this.#device.read(block);
  }

  write(block: number, bytes: Uint8Array): void {
    this.#log.push({ block, bytes: bytes.slice() });
    this.#device.write(block, bytes);
  }

  flush(): void {
    this.#log.push('flush');
  }

  /** Begins the log anew; what is only cached now counts as lost. */
  startLog(): void {
    this.#start = this.durable();
    this.#log = [];
  }

  /** What the device itself has now, without its cache. */
  durable(): MemoryMetadataDevice {
    return this.afterPowerCut(this.#log.length, () => false);
  }

  /** The device after a power cut behind the first `count` logged operations; `isKept` decides for each cached write. */
  afterPowerCut(count: number, isKept: () => boolean): MemoryMetadataDevice {
    const done = this.#log.slice(0, count);
    const flushed = done.lastIndexOf('flush');
    const left = this.#start.copy();
    for (const [index, operation] of done.entries())
      if (operation !== 'flush' && (index < flushed || isKept())) left.write(operation.block, operation.bytes);
    return left;
  }
}
