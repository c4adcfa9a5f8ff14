import type { BlockNode } from '../block/block-node.ts';
import { Refusal } from '../errno/refusal.ts';
import type { OpenMode, Target, TargetSpec, TargetType } from '../target/target.ts';
import type { DeviceOpens } from './device-opens.ts';

const SECTOR = 512;

/** A line of a table with its target at work. */
export interface TableLine {
  readonly spec: TargetSpec;
  readonly target: Target;
  /** In bytes. */
  readonly start: number;
  readonly end: number;
}

/** A table with its targets and the devices they have open. */
export class DmTable {
  readonly isReadOnly: boolean;
  readonly lines: TableLine[] = [];
  readonly #opens: DeviceOpens;
  /** Each once; the last named first, as the kernel keeps them (dm-kernel.md 1.7, deps). */
  readonly #devices: { readonly node: BlockNode; mode: OpenMode }[] = [];

  constructor(isReadOnly: boolean, opens: DeviceOpens) {
    this.isReadOnly = isReadOnly;
    this.#opens = opens;
  }

  /** In sectors. */
  get size(): bigint {
    const last = this.lines.at(-1);
    return last === undefined ? 0n : last.spec.start + last.spec.length;
  }

  get devices(): readonly BlockNode[] {
    return this.#devices.map(({ node }) => node);
  }

  /** The kind that only its own kind may replace. */
  get immutableType(): TargetType | undefined {
    const type = this.lines[0]?.target.type;
    return type?.isImmutable === true ? type : undefined;
  }

  get hasWildcard(): boolean {
    return this.lines.some(({ target }) => target.type.isWildcard === true);
  }

  get canDiscard(): boolean {
    return this.lines.length > 0 && this.lines.every(({ target }) => target.canDiscard);
  }

  get hasWriteCache(): boolean {
    return this.lines.some(({ target }) => target.hasWriteCache);
  }

  append(spec: TargetSpec, target: Target): void {
    this.lines.push({
      spec,
      target,
      start: Number(spec.start) * SECTOR,
      end: Number(spec.start + spec.length) * SECTOR,
    });
  }

  /** Opens a device for this table; one that is open for reading is opened anew where it is to be written too. */
  open(node: BlockNode, mode: OpenMode): void {
    const entry = this.#devices.find((device) => device.node === node);
    if (entry === undefined) {
      this.#opens.take(node, mode);
      this.#devices.unshift({ node, mode });
    } else if (entry.mode === 'r' && mode === 'rw') {
      this.#opens.take(node, 'rw');
      this.#opens.give(node, 'r');
      entry.mode = 'rw';
    }
  }

  /** The line that covers `offset`, in bytes; undefined beyond the end. */
  lineAt(offset: number): TableLine | undefined {
    let low = 0;
    let high = this.lines.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (offset < (this.lines[middle] as TableLine).end) high = middle;
      else low = middle + 1;
    }
    const line = this.lines[low];
    return line !== undefined && offset < line.end ? line : undefined;
  }

  /** As `lineAt`, by sector, exact for the largest tables. */
  lineAtSector(sector: bigint): TableLine | undefined {
    return this.lines.find(({ spec }) => sector >= spec.start && sector < spec.start + spec.length);
  }

  /**
   * Takes their limits over, and asks whether the devices below are large enough; one of size 0 is not looked at (dm-kernel.md 2.3).
   * @throws Refusal EINVAL: one is too small.
   */
  checkAreas(): void {
    for (const { target } of this.lines) target.takeLimits?.();
    for (const { target } of this.lines)
      for (const { node, start, length } of target.areas()) {
        const size = BigInt(Math.floor(node.size / SECTOR));
        if (size > 0n && (start >= size || start + length > size))
          throw new Refusal('EINVAL', `device too small for target: start=${start}, len=${length}, dev_size=${size}`);
      }
  }

  /** Lets the targets and their devices go. */
  destroy(): void {
    for (const { target } of this.lines) target.destroy?.();
    for (const { node, mode } of this.#devices.splice(0)) this.#opens.give(node, mode);
  }
}
