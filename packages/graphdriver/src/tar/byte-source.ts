import { DmError } from '@dmthin/domain';
import type { CancelSignal } from '@dmthin/ports';
import { throwIfAborted } from '../file/abort.ts';

/** Bytes of a stream in the portions that the reader wants; holds no more than the one chunk it was given. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #signal: CancelSignal | undefined;
  readonly #operation: string;
  #rest: Buffer = Buffer.alloc(0);
  #isAtEnd = false;
  /** How many bytes were taken. */
  offset = 0;

  /** @param signal ends a wait for a stream that does not go on. */
  constructor(stream: AsyncIterable<Uint8Array>, signal?: CancelSignal, operation: string = 'apply') {
    this.#chunks = stream[Symbol.asyncIterator]();
    this.#signal = signal;
    this.#operation = operation;
  }

  /** Up to `limit` bytes, none of them copied; undefined at the end. */
  async some(limit: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) if (!(await this.#fill())) return undefined;
    const taken = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(taken.length);
    this.offset += taken.length;
    return taken;
  }

  /** `length` bytes, or as many as there are before the end. */
  async upTo(length: number): Promise<Buffer> {
    const first = (await this.some(length)) ?? Buffer.alloc(0);
    if (first.length === length) return first;
    const parts = [first];
    for (let missing = length - first.length; missing > 0; ) {
      const part = await this.some(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** Passes over `length` bytes; resolves to how many there were. */
  async skip(length: number): Promise<number> {
    let missing = length;
    while (missing > 0) {
      const part = await this.some(missing);
      if (part === undefined) break;
      missing -= part.length;
    }
    return length - missing;
  }

  /** Tells the stream that no more is wanted. */
  async close(): Promise<void> {
    if (this.#isAtEnd) return;
    this.#isAtEnd = true;
    const closed = this.#chunks.return?.();
    // A stream that does not go on does not hear of it either; nobody waits for it, and nobody wants its last words.
    if (this.#signal?.aborted === true) closed?.catch(() => undefined);
    else await closed;
  }

  async #fill(): Promise<boolean> {
    if (this.#isAtEnd) return false;
    const { done, value } = await this.#next();
    this.#isAtEnd = done === true;
    if (done === true) return false;
    this.#rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return true;
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    throwIfAborted(this.#signal, this.#operation);
    const next = this.#chunks.next();
    const signal = this.#signal;
    if (signal === undefined) return next;
    return new Promise((resolve, reject) => {
      const stop = (): void =>
        reject(new DmError('ABORTED', `${this.#operation} was aborted`, { cause: signal.reason }));
      signal.addEventListener('abort', stop, { once: true });
      const heard = (): void => signal.removeEventListener('abort', stop);
      next.then(resolve, reject).then(heard, heard);
    });
  }
}
