import { isVolumeId, type VolumeId } from '@dmthin/domain';
import type { Volume } from '@dmthin/engine';
import { MarkDirectory } from '../mark/mark-directory.ts';
import { isIdentity, type LayerIdentity } from './layer-identity.ts';

/** No id has a comma in it. */
const BETWEEN = ',';

interface Identified {
  readonly identity: LayerIdentity;
  readonly thinId: number;
  readonly mark: string;
}

/**
 * What the contents of layers are called, as marks `<layer>,<identity>,<thin id>`. A layer gets an identity when it is sent
 * or received, and loses it, on disk first, before it can be written to.
 */
export class LayerIdentities {
  readonly #marks: MarkDirectory;
  readonly #identities = new Map<VolumeId, Identified>();

  private constructor(marks: MarkDirectory) {
    this.#marks = marks;
  }

  static async open(directory: string): Promise<LayerIdentities> {
    const identities = new LayerIdentities(await MarkDirectory.open(directory));
    for (const mark of identities.#marks.all()) {
      const [id = '', identity = '', thinId = ''] = mark.split(BETWEEN);
      if (isVolumeId(id) && isIdentity(identity) && !identities.#identities.has(id))
        identities.#identities.set(id, { identity, thinId: Number(thinId), mark });
    }
    return identities;
  }

  /** Drops what is noted of layers that went without us. */
  async keepOnly(find: (id: VolumeId) => Volume | undefined): Promise<void> {
    for (const [id, { thinId }] of [...this.#identities]) if (find(id)?.thinId !== thinId) await this.forget(id);
    const known = new Set([...this.#identities.values()].map(({ mark }) => mark));
    for (const mark of [...this.#marks.all()]) if (!known.has(mark)) await this.#marks.remove(mark);
  }

  /** undefined: it has none, or may have been written to since it had one. */
  of({ id, thinId }: Volume): LayerIdentity | undefined {
    const found = this.#identities.get(id);
    return found?.thinId === thinId ? found.identity : undefined;
  }

  /** A layer that has this content, and is there. */
  find(identity: LayerIdentity, volumeOf: (id: VolumeId) => Volume | undefined): Volume | undefined {
    for (const id of this.#identities.keys()) {
      const volume = volumeOf(id);
      if (volume !== undefined && !volume.isDeleted && this.of(volume) === identity) return volume;
    }
    return undefined;
  }

  /** Lasts when this resolves. */
  async record({ id, thinId }: Volume, identity: LayerIdentity): Promise<void> {
    await this.forget(id);
    const mark = [id, identity, thinId].join(BETWEEN);
    await this.#marks.add(mark, { lasting: true });
    this.#identities.set(id, { identity, thinId, mark });
  }

  /** Lasts when this resolves. */
  async forget(id: VolumeId): Promise<void> {
    const found = this.#identities.get(id);
    if (found === undefined) return;
    this.#identities.delete(id);
    await this.#marks.remove(found.mark, { lasting: true });
  }
}
