import type { VolumeId } from '@dmthin/domain';

/** How many use each mounted layer. */
export class MountCounts {
  readonly #counts = new Map<VolumeId, number>();

  /** 0: not mounted. */
  of(id: VolumeId): number {
    return this.#counts.get(id) ?? 0;
  }

  mounted(): VolumeId[] {
    return [...this.#counts.keys()];
  }

  /** One user more; resolves to how many there are. */
  add(id: VolumeId): number {
    const count = this.of(id) + 1;
    this.#counts.set(id, count);
    return count;
  }

  /** One user less; gives how many are left. */
  remove(id: VolumeId): number {
    const count = this.of(id) - 1;
    if (count > 0) this.#counts.set(id, count);
    else this.#counts.delete(id);
    return Math.max(count, 0);
  }
}
