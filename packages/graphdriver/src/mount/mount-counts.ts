import type { VolumeId } from '@dmthin/domain';

/** How many use each mounted layer. */
export class MountCounts {
  readonly #counts = new Map<VolumeId, number>();
  readonly #found = new Set<VolumeId>();

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

  /** Users of a mount by a process before this one, which may have ended before the mount was ready for use. */
  addFound(id: VolumeId, users: number): void {
    this.#counts.set(id, users);
    this.#found.add(id);
  }

  isFound(id: VolumeId): boolean {
    return this.#found.has(id);
  }

  /** A mount that was found is ready for use. */
  settle(id: VolumeId): void {
    this.#found.delete(id);
  }

  /** One user less; gives how many are left. */
  remove(id: VolumeId): number {
    const count = this.of(id) - 1;
    if (count > 0) this.#counts.set(id, count);
    else {
      this.#counts.delete(id);
      this.#found.delete(id);
    }
    return Math.max(count, 0);
  }
}
