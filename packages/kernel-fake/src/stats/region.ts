import { Refusal } from '../errno/refusal.ts';
import { divided, type RegionPlan } from './region-plan.ts';

export type Direction = 'read' | 'write';

/** What was counted of one area in one direction. */
interface Count {
  ios: number;
  merges: number;
  sectors: number;
}

type Counts = Readonly<Record<Direction, Count>>;

const U64 = 1n << 64n;
// struct dm_stat_shared and struct dm_stat_percpu of an area, in bytes; a bucket of its histogram.
const SHARED_SIZE = 120n;
const PERCPU_SIZE = 104n;
const BUCKET_SIZE = 8n;
/** Statistics may take a quarter of the machine's memory. This machine has 4 GiB. */
const MEMORY_LIMIT = 1n << 30n;

/** A region of a device and the counters of its areas. I/O takes no time here, so that times are 0. */
export class Region {
  readonly id: number;
  readonly plan: RegionPlan;
  /** How many areas it is cut into. */
  readonly areas: number;
  auxData: string;
  /** By area; an area that is not there has counted nothing. */
  readonly #counts = new Map<number, Counts>();

  /** @throws Refusal EOVERFLOW, ENOMEM: more areas than there is memory for. */
  constructor(id: number, plan: RegionPlan) {
    this.id = id;
    this.plan = plan;
    this.areas = areasOf(plan);
    this.auxData = plan.auxData;
  }

  /** Counts an I/O in each area it touches (__dm_stat_bio). */
  account(direction: Direction, sector: bigint, end: bigint, isMerged: boolean): void {
    const { start, step } = this.plan;
    const last = end < this.plan.end ? end : this.plan.end;
    for (let at = sector > start ? sector : start; at < last; ) {
      const area = (at - start) / step;
      const border = start + (area + 1n) * step;
      const next = border < last ? border : last;
      const count = this.#count(Number(area))[direction];
      count.ios += 1;
      count.merges += isMerged ? 1 : 0;
      count.sectors += Number(next - at);
      at = next;
    }
  }

  clear(from: number, to: number): void {
    for (const area of this.#counts.keys()) if (area >= from && area < to) this.#counts.delete(area);
  }

  /** As `@stats_list` tells it, without the line's end. */
  describe(): string {
    const { start, end, step, programId, isPrecise, boundaries } = this.plan;
    const precise = isPrecise ? ' precise_timestamps' : '';
    const histogram = boundaries.length === 0 ? '' : ` histogram:${boundaries.join(',')}`;
    return `${this.id}: ${start}+${end - start} ${step} ${programId} ${this.auxData}${precise}${histogram}`;
  }

  /** An area's counters in the order of Documentation/admin-guide/iostats.rst, without the line's end. */
  print(area: number): string {
    const { start, step, boundaries } = this.plan;
    const { read, write } = this.#counts.get(area) ?? { read: NOTHING, write: NOTHING };
    const counted = [read, write].map(({ ios, merges, sectors }) => `${ios} ${merges} ${sectors} 0`).join(' ');
    // All of it took no time, and is in the first bucket.
    const histogram = boundaries.length === 0 ? '' : ` ${[read.ios + write.ios, ...boundaries.map(() => 0)].join(':')}`;
    // The last area too is told with the whole step.
    return `${start + step * BigInt(area)}+${step} ${counted} 0 0 0 0 0${histogram}`;
  }

  #count(area: number): Counts {
    const known = this.#counts.get(area);
    if (known !== undefined) return known;
    const counts = { read: { ...NOTHING }, write: { ...NOTHING } };
    this.#counts.set(area, counts);
    return counts;
  }
}

const NOTHING: Readonly<Count> = { ios: 0, merges: 0, sectors: 0 };

function areasOf({ start, end, step, boundaries }: RegionPlan): number {
  const areas = divided(end - start, step);
  const histogram = BigInt(boundaries.length + 1) * areas * BUCKET_SIZE;
  if (areas * SHARED_SIZE >= U64 || histogram >= U64) throw new Refusal('EOVERFLOW', 'more areas than can be counted');
  if (areas * (SHARED_SIZE + PERCPU_SIZE) + 2n * histogram > MEMORY_LIMIT)
    throw new Refusal('ENOMEM', 'statistics for so many areas do not fit a quarter of the memory');
  return Number(areas);
}
