import { BASE_VOLUME, type VolumeId } from '@dmthin/domain';
import { MarkDirectory } from '../mark/mark-directory.ts';

/** The base has the empty id, and no layer can be called so. */
const BASE = 'base';

/**
 * Volumes whose filesystem is smaller than their device. Marked before the device grows and unmarked when its filesystem
 * has followed, so that a growth that was cut off or failed is taken up again (docker-devicemapper.md 12.1, defect 10).
 */
export class PendingGrowth {
  readonly #marks: MarkDirectory;

  private constructor(marks: MarkDirectory) {
    this.#marks = marks;
  }

  static async open(directory: string, isThere: (id: VolumeId) => boolean): Promise<PendingGrowth> {
    const marks = await MarkDirectory.open(directory);
    const stale = [...marks.all()].filter((mark) => mark !== BASE && !isThere(mark as VolumeId));
    for (const mark of stale) await marks.remove(mark);
    return new PendingGrowth(marks);
  }

  has(id: VolumeId): boolean {
    return this.#marks.has(markOf(id));
  }

  add(id: VolumeId): Promise<void> {
    return this.#marks.add(markOf(id), { lasting: true });
  }

  async remove(id: VolumeId): Promise<void> {
    if (this.has(id)) await this.#marks.remove(markOf(id));
  }
}

const markOf = (id: VolumeId): string => (id === BASE_VOLUME ? BASE : id);
