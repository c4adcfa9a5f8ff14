import { type BlockNode, numberKey } from '../block/block-node.ts';
import { DEVICE_MAPPER } from '../block/openings.ts';
import type { OpenMode } from '../target/target.ts';

/**
 * The devices that the tables of one mapped device have open. Its live and inactive table, and all lines in them, share
 * one open of each device and mode (dm-kernel.md 2.1, open_count).
 */
export class DeviceOpens {
  readonly #opens = new Map<string, { uses: number; readonly close: () => void }>();

  /** @throws Refusal ENXIO, EBUSY. */
  take(node: BlockNode, mode: OpenMode): void {
    const key = keyOf(node, mode);
    const open = this.#opens.get(key);
    if (open !== undefined) open.uses++;
    else this.#opens.set(key, { uses: 1, close: node.openings.open(node, DEVICE_MAPPER) });
  }

  give(node: BlockNode, mode: OpenMode): void {
    const key = keyOf(node, mode);
    const open = this.#opens.get(key);
    if (open === undefined || --open.uses > 0) return;
    this.#opens.delete(key);
    open.close();
  }
}

function keyOf(node: BlockNode, mode: OpenMode): string {
  return `${numberKey(node.number)} ${mode}`;
}
