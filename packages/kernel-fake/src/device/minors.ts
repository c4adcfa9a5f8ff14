import { Refusal } from '../errno/refusal.ts';

// MINORBITS (linux/kdev_t.h).
const COUNT = 2 ** 20;

/** The minor numbers that are taken, a bit each; the lowest free one is given out (dm-kernel.md 1.2). */
export class Minors {
  #words = new Uint32Array(32);
  /** No word before this one has a free bit. */
  #firstFree = 0;

  /** @throws Refusal ENXIO: `wanted` is taken, or all are. */
  take(wanted?: number): number {
    const minor = wanted ?? this.#lowest();
    if (minor >= COUNT || this.#has(minor)) throw new Refusal('ENXIO', `minor ${minor} is taken`);
    const index = minor >>> 5;
    if (index >= this.#words.length) this.#grow(index + 1);
    this.#words[index] = (this.#words[index] as number) | (1 << (minor & 31));
    return minor;
  }

  give(minor: number): void {
    const index = minor >>> 5;
    this.#words[index] = (this.#words[index] as number) & ~(1 << (minor & 31));
    this.#firstFree = Math.min(this.#firstFree, index);
  }

  #has(minor: number): boolean {
    return ((this.#words[minor >>> 5] ?? 0) & (1 << (minor & 31))) !== 0;
  }

  #lowest(): number {
    while (this.#words[this.#firstFree] === 0xffff_ffff) this.#firstFree++;
    const taken = this.#words[this.#firstFree] ?? 0;
    return this.#firstFree * 32 + (31 - Math.clz32(~taken & -~taken));
  }

  #grow(words: number): void {
    const larger = new Uint32Array(Math.max(words, this.#words.length * 2));
    larger.set(this.#words);
    this.#words = larger;
  }
}
