import { isVolumeId, type VolumeId } from '@dmthin/domain';
import type { PortCall, SmallFiles } from '@dmthin/ports';
import { MarkDirectory } from '../mark/mark-directory.ts';

/** No id has a comma in it. */
const BETWEEN = ',';

/**
 * Which layer was made from which. Docker's records do not say it, so marks `<layer>,<parent>` do, beside them. A layer
 * without a mark was made from the base, or by Docker.
 */
export class Lineage {
  readonly #marks: MarkDirectory;
  readonly #parents = new Map<VolumeId, VolumeId>();
  readonly #children = new Map<VolumeId, Set<VolumeId>>();

  private constructor(marks: MarkDirectory) {
    this.#marks = marks;
  }

  /** Drops the marks of layers that went without us, and all of a layer that has several: nobody knows which is right. */
  static async open(directory: string, isThere: (id: VolumeId) => boolean): Promise<Lineage> {
    const marks = await MarkDirectory.open(directory);
    const lineage = new Lineage(marks);
    const seen = new Set<string>();
    const wrong: string[] = [];
    for (const mark of marks.all()) {
      const [id = '', parent = ''] = mark.split(BETWEEN);
      const isKnown = isVolumeId(id) && isVolumeId(parent) && isThere(id) && isThere(parent);
      if (isKnown && !seen.has(id)) lineage.#put(id, parent);
      else wrong.push(mark);
      if (isKnown && seen.has(id)) wrong.push(lineage.#drop(id));
      seen.add(id);
    }
    for (const mark of wrong) await marks.remove(mark);
    return lineage;
  }

  /** Notes the parents of layers of which none is noted. */
  async learn(parents: ReadonlyMap<string, string>, isThere: (id: VolumeId) => boolean): Promise<void> {
    for (const [id, parent] of parents) {
      if (!isVolumeId(id) || !isVolumeId(parent) || !isThere(id) || !isThere(parent)) continue;
      if (!this.#parents.has(id)) await this.record(id, parent);
    }
  }

  /** undefined: made from the base, or not known. */
  parentOf(id: VolumeId): VolumeId | undefined {
    return this.#parents.get(id);
  }

  /**
   * Not synced by itself: the volume's record is saved and synced after it on the same file system, and the journals of
   * ext4 and xfs keep that order.
   */
  async record(id: VolumeId, parent: VolumeId): Promise<void> {
    await this.#forgetParentOf(id);
    await this.#marks.add(markOf(id, parent));
    this.#put(id, parent);
  }

  /** As `record`, of a layer that has no parent noted, by a port whose calls may be put into one hop. */
  recording(files: SmallFiles, id: VolumeId, parent: VolumeId): PortCall {
    const { port, make } = this.#marks.adding(files, markOf(id, parent));
    return {
      port,
      make: async () => {
        await make();
        this.#put(id, parent);
      },
    };
  }

  /** The layer is gone: whoever was made from it has no parent that could be named any more. */
  async forget(id: VolumeId): Promise<void> {
    await this.#forgetParentOf(id);
    for (const child of [...(this.#children.get(id) ?? [])]) await this.#forgetParentOf(child);
  }

  async #forgetParentOf(id: VolumeId): Promise<void> {
    if (this.#parents.has(id)) await this.#marks.remove(this.#drop(id));
  }

  #put(id: VolumeId, parent: VolumeId): void {
    this.#parents.set(id, parent);
    const children = this.#children.get(parent) ?? new Set();
    this.#children.set(parent, children.add(id));
  }

  #drop(id: VolumeId): string {
    const parent = this.#parents.get(id);
    if (parent === undefined) return '';
    this.#parents.delete(id);
    const children = this.#children.get(parent);
    children?.delete(id);
    if (children?.size === 0) this.#children.delete(parent);
    return markOf(id, parent);
  }
}

const markOf = (id: VolumeId, parent: VolumeId): string => `${id}${BETWEEN}${parent}`;
