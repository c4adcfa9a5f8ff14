import { DmError, isVolumeId, type VolumeId } from '@dmthin/domain';
import { MarkDirectory } from '../mark/mark-directory.ts';
import { formatToken, type Progress, parseToken } from './resume-token.ts';

/** No id has a comma in it, and no token. */
const BETWEEN = ',';

/**
 * The layers of which a stream has not been received to its end, and how far each came: marks `<layer>,<resume token>`. Such
 * a layer is there for nobody but who goes on with it, or removes it.
 */
export class HalfReceived {
  readonly #marks: MarkDirectory;
  readonly #halves = new Map<VolumeId, Progress>();
  /** What this process is receiving. */
  readonly #claimed = new Set<VolumeId>();

  private constructor(marks: MarkDirectory) {
    this.#marks = marks;
  }

  /** Of a layer that has several marks, since a process ended between two, the one that came farthest counts. */
  static async open(directory: string, isThere: (id: VolumeId) => boolean): Promise<HalfReceived> {
    const halves = new HalfReceived(await MarkDirectory.open(directory));
    for (const mark of [...halves.#marks.all()]) {
      const [id = '', token = ''] = mark.split(BETWEEN);
      const progress = progressOf(token);
      const known = isVolumeId(id) ? halves.#halves.get(id) : undefined;
      if (!isVolumeId(id) || !isThere(id) || progress === undefined) await halves.#marks.remove(mark);
      else if (known === undefined || known.position < progress.position) halves.#halves.set(id, progress);
    }
    for (const [id, progress] of halves.#halves) await halves.#removeAllBut(id, markOf(id, progress));
    return halves;
  }

  of(id: VolumeId): Progress | undefined {
    return this.#halves.get(id);
  }

  all(): Iterable<readonly [VolumeId, Progress]> {
    return this.#halves;
  }

  /** Notes how far a layer is; lasts when this resolves. */
  async note(id: VolumeId, progress: Progress): Promise<void> {
    const mark = markOf(id, progress);
    await this.#marks.add(mark, { lasting: true });
    this.#halves.set(id, progress);
    await this.#removeAllBut(id, mark);
  }

  /** It is whole, or gone; lasts when this resolves. */
  async end(id: VolumeId): Promise<void> {
    if (!this.#halves.delete(id)) return;
    await this.#removeAllBut(id, '', { lasting: true });
  }

  /**
   * Takes a layer to be received by the caller alone, until the returned function is called.
   * @throws DmError BUSY: it is being received.
   */
  claim(id: VolumeId): () => void {
    if (this.#claimed.has(id))
      throw new DmError('BUSY', `layer "${id}" is being received`, {
        errno: 'EBUSY',
        operation: 'receive',
        subject: id,
        remedy: 'Wait until that is done, or end it.',
      });
    this.#claimed.add(id);
    return () => this.#claimed.delete(id);
  }

  async #removeAllBut(id: VolumeId, kept: string, options: { readonly lasting?: boolean } = {}): Promise<void> {
    for (const mark of [...this.#marks.all()])
      if (mark !== kept && mark.startsWith(`${id}${BETWEEN}`)) await this.#marks.remove(mark, options);
  }
}

const markOf = (id: VolumeId, progress: Progress): string => `${id}${BETWEEN}${formatToken(progress)}`;

/** undefined: nobody of us wrote it. */
function progressOf(token: string): Progress | undefined {
  try {
    return parseToken(token);
  } catch (error) {
    if (DmError.is(error, 'INVALID_ARGUMENT')) return undefined;
    throw error;
  }
}
