import { type DeviceNumber, DmError, formatDeviceNumber } from '@dmthin/domain';
import type { BlockHandle, OpenHandleOptions } from '@dmthin/ports';
import { MappedDevice } from '../device/mapped-device.ts';
import { resumeOf } from '../device/suspension.ts';
import { blockError } from '../errno/block-error.ts';
import { Refusal } from '../errno/refusal.ts';
import type { CallKind } from '../fault/call-pattern.ts';
import type { Machine } from '../machine/machine.ts';
import type { BlockNode } from './block-node.ts';

const SECTOR = 512;
const NO_TEXT = () => '';

/** An open block device: direct I/O, unless a write says otherwise, checked as the kernel's VFS checks it. */
export class Handle implements BlockHandle {
  readonly number: DeviceNumber;
  readonly #machine: Machine;
  readonly #node: BlockNode;
  readonly #isReadOnly: boolean;
  #release: (() => void) | undefined;

  /** @throws Refusal ENXIO, EBUSY. */
  constructor(machine: Machine, node: BlockNode, options: OpenHandleOptions) {
    this.number = node.number;
    this.#machine = machine;
    this.#node = node;
    this.#isReadOnly = options.readOnly === true;
    this.#release = node.openings.open(node, options.exclusive === true ? this : undefined, options.freeze);
  }

  get size(): number {
    return this.#node.size;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#io('read', offset, length, () => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#node.size - offset)));
      if (bytes.length > 0) this.#node.read(offset, bytes);
      return bytes;
    });
  }

  write(offset: number, data: Uint8Array, inPages = false): void {
    this.#io('write', offset, data.length, () => {
      this.#assertWritable();
      const room = Math.max(0, this.#node.size - offset);
      if (room >= data.length) return this.#node.write(offset, data, inPages);
      // As pwrite does: what fits is written, the rest is what the second call gets ENOSPC for.
      if (room > 0) this.#node.write(offset, data.subarray(0, room), inPages);
      throw new Refusal('ENOSPC', 'beyond the end of the device');
    });
  }

  discard(offset: number, length: number): void {
    this.#io('discard', 0, 0, () => {
      if (!this.#node.canDiscard) throw new Refusal('EOPNOTSUPP', 'the device takes no discards');
      assertSectors(offset, length);
      if (offset + length > this.#node.size) throw new Refusal('EINVAL', 'beyond the end of the device');
      this.#assertWritable();
      if (length === 0) throw new Refusal('EINVAL', 'a discard of nothing');
      discardWhereTaken(this.#node, offset, length);
    });
  }

  flush(): void {
    this.#io('flush', 0, 0, () => this.#node.flush());
  }

  async resumed(): Promise<void> {
    if (this.#node instanceof MappedDevice) await resumeOf(this.#node);
  }

  close(): void {
    const release = this.#release;
    this.#release = undefined;
    // A machine that crashed has nothing open any more.
    if (!this.#machine.faults.isCrashed) release?.();
  }

  #io<Result>(kind: CallKind & DiskCall, offset: number, length: number, io: () => Result): Result {
    const device = formatDeviceNumber(this.number);
    try {
      this.#machine.time.runDue();
      const succeeded = this.#machine.faults.begin({ kind, device, text: NO_TEXT });
      if (this.#release === undefined)
        throw new DmError('CLOSED', `${kind} on block device ${device}: the handle is closed`, { operation: kind });
      assertSectors(offset, length);
      const result = io();
      succeeded?.();
      return result;
    } catch (failure) {
      throw blockError(kind, device, failure);
    }
  }

  #assertWritable(): void {
    if (this.#isReadOnly || this.#node.isReadOnly) throw new Refusal('EPERM', 'it is read-only');
  }
}

function assertSectors(offset: number, length: number): void {
  if (offset % SECTOR !== 0 || length % SECTOR !== 0 || offset < 0)
    throw new Refusal('EINVAL', `byte ${offset}, ${length} bytes: not whole sectors`);
}

type DiskCall = 'read' | 'write' | 'discard' | 'flush';

/** A device further below that takes none is no failure (blkdev_issue_discard). */
function discardWhereTaken(node: BlockNode, offset: number, length: number): void {
  try {
    node.discard(offset, length);
  } catch (failure) {
    if (!(failure instanceof Refusal) || failure.errno !== 'EOPNOTSUPP') throw failure;
  }
}
