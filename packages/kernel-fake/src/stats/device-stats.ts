import { Refusal } from '../errno/refusal.ts';
import { type Direction, Region } from './region.ts';
import type { RegionPlan } from './region-plan.ts';

/** The regions of a mapped device that I/O is counted in (dm-stats.c). They stay when its table is replaced. */
export class DeviceStats {
  /** By id, ascending. */
  readonly #regions: Region[] = [];
  #lastEnd: bigint | undefined;
  #lastDirection: Direction | undefined;

  get isCounting(): boolean {
    return this.#regions.length > 0;
  }

  get regions(): readonly Region[] {
    return this.#regions;
  }

  /** Gives the new region the lowest id that is free. @throws Refusal EOVERFLOW, ENOMEM. */
  create(plan: RegionPlan): number {
    const taken = this.#regions.findIndex(({ id }, index) => id !== index);
    const id = taken === -1 ? this.#regions.length : taken;
    this.#regions.splice(id, 0, new Region(id, plan));
    return id;
  }

  /** @throws Refusal ENOENT: there is no such region. */
  region(id: number): Region {
    const region = this.#regions.find((one) => one.id === id);
    if (region === undefined) throw new Refusal('ENOENT', `there is no region ${id}`);
    return region;
  }

  delete(id: number): void {
    this.#regions.splice(this.#regions.indexOf(this.region(id)), 1);
  }

  /** Counts an I/O, in sectors. */
  account(direction: Direction, sector: bigint, sectors: bigint): void {
    // The kernel compares the sector with a truth value: only the device's first two sectors can count as merged.
    const follows = this.#lastEnd !== 0n && (this.#lastDirection === 'write') === (direction === 'write');
    const isMerged = sector === (follows ? 1n : 0n);
    const end = sector + sectors;
    this.#lastEnd = end;
    this.#lastDirection = direction;
    for (const region of this.#regions) region.account(direction, sector, end, isMerged);
  }
}
