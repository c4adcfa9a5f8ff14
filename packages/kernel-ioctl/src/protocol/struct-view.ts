import { DmError } from '@dmthin/domain';

const DECODER = new TextDecoder('utf-8');
const ENCODER = new TextEncoder();

/**
 * Little-endian reads of what a kernel (or whoever plays one) wrote, none of them outside it: an offset that leads
 * astray is a CORRUPT reply.
 */
export class StructView {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;

  /** @param what names the structure in errors. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get length(): number {
    return this.#bytes.length;
  }

  u32(offset: number): number {
    this.need(offset, 4);
    return this.#view.getUint32(offset, true);
  }

  i32(offset: number): number {
    this.need(offset, 4);
    return this.#view.getInt32(offset, true);
  }

  u64(offset: number): bigint {
    this.need(offset, 8);
    return this.#view.getBigUint64(offset, true);
  }

  /** The text of a field of fixed size; it ends at its NUL, or fills the field. */
  field(offset: number, size: number): string {
    this.need(offset, size);
    const field = this.#bytes.subarray(offset, offset + size);
    const end = field.indexOf(0);
    return DECODER.decode(end === -1 ? field : field.subarray(0, end));
  }

  /** A NUL-terminated text of any length, with the offset behind its NUL. */
  text(offset: number): { readonly value: string; readonly end: number } {
    this.need(offset, 1);
    const nul = this.#bytes.indexOf(0, offset);
    if (nul === -1) throw this.corrupt(`the text at ${offset} does not end`);
    return { value: DECODER.decode(this.#bytes.subarray(offset, nul)), end: nul + 1 };
  }

  need(offset: number, size: number): void {
    if (offset < 0 || offset + size > this.length)
      throw this.corrupt(`${size} bytes are needed at ${offset}, it has ${this.length}`);
  }

  corrupt(fault: string): DmError {
    return new DmError('CORRUPT', `device-mapper: malformed ${this.#what}: ${fault}`, { operation: this.#what });
  }
}

/** `value` in UTF-8 with its NUL. @throws DmError INVALID_ARGUMENT: a NUL inside, or more than `limit` bytes with it. */
export function terminated(value: string, what: string, limit: number = Number.POSITIVE_INFINITY): Uint8Array {
  const encoded = ENCODER.encode(`${value}\0`);
  if (encoded.indexOf(0) !== encoded.length - 1)
    throw new DmError('INVALID_ARGUMENT', `device-mapper: ${what} ${JSON.stringify(value)} has a NUL in it`);
  if (encoded.length > limit)
    throw new DmError(
      'INVALID_ARGUMENT',
      `device-mapper: ${what} ${JSON.stringify(value.slice(0, 200))} is ${encoded.length - 1} bytes long, ${limit - 1} are allowed`,
    );
  return encoded;
}

/** The next multiple of 8: where the kernel puts the structure that follows. */
export function align8(offset: number): number {
  return (offset + 7) & ~7;
}
