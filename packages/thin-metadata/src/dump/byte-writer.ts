/** Room is made before a piece is written; no piece (a tag, a number) is longer than this. */
const LONGEST_PIECE = 256;
const ZERO = 0x30;
const DIGITS_BELOW = 0x7fff_ffff;

/** Text as bytes, piece by piece: what a dump of millions of mappings is made of without a string for each. */
export class ByteWriter {
  readonly #capacity: number;
  #bytes: Uint8Array;
  #length = 0;

  /** `capacity`: how many bytes make it worth passing them on. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#bytes = new Uint8Array(capacity + LONGEST_PIECE);
  }

  get isFull(): boolean {
    return this.#length >= this.#capacity;
  }

  /** What was written since it was last asked; the caller's own. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(this.#capacity + LONGEST_PIECE);
    this.#length = 0;
    return taken;
  }

  /** A constant piece, made by `piece`. */
  write(text: Uint8Array): void {
    this.#makeRoom();
    const bytes = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < text.length; index++) bytes[at++] = text[index] as number;
    this.#length = at;
  }

  /** Any text, whatever its length. */
  text(text: string): void {
    const bytes = piece(text);
    for (let from = 0; from < bytes.length; from += LONGEST_PIECE)
      this.write(bytes.subarray(from, from + LONGEST_PIECE));
  }

  /** A whole number of 0 or more, in decimal digits. */
  number(value: number): void {
    if (value > DIGITS_BELOW) {
      this.text(BigInt(value).toString());
      return;
    }
    this.#makeRoom();
    const bytes = this.#bytes;
    let digits = 1;
    for (let bound = 10; value >= bound && digits < 10; bound *= 10) digits++;
    let at = this.#length + digits;
    this.#length = at;
    let rest = value | 0;
    do {
      const tenth = (rest / 10) | 0;
      bytes[--at] = ZERO + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
  }

  #makeRoom(): void {
    if (this.#length + LONGEST_PIECE <= this.#bytes.length) return;
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

const encoder = new TextEncoder();

/** Text as the bytes that `write` takes. */
export function piece(text: string): Uint8Array {
  return encoder.encode(text);
}
