import type { MemoryMetadataDevice } from '@dmthin/thin-metadata';
import { Block } from '#src/format/block';
import { seal } from '#src/format/seal';
import { kindOf } from './live-blocks.ts';

const BLOCK = 4096;

/** A source of numbers that gives the same ones for the same seed. */
export function randomOf(seed: number): (limit: number) => number {
  let state = (seed ^ 0x9e37_79b9) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return Math.floor((state / 0x1_0000_0000) * limit);
  };
}

/** Changes a few blocks in use, mostly so that their checksums are right and only their meaning is wrong. */
export function mutate(device: MemoryMetadataDevice, live: readonly number[], random: (limit: number) => number): void {
  const pick = (): number => live[random(live.length)] as number;
  for (let change = random(4); change >= 0; change--) {
    const number = pick();
    const block = new Block(number, kindOf(device, number));
    const { bytes, view } = block;
    bytes.set(device.read(random(8) === 0 ? pick() : number));
    for (let edit = random(5); edit >= 0; edit--) {
      // Headers, first keys and first values are hit as often as all the rest.
      const at = [random(48), 32 + 8 * random(20), 2048 + 8 * random(16), random(BLOCK)][random(4)] as number;
      switch (random(6)) {
        case 0:
          bytes[at] = (bytes[at] as number) ^ (1 << random(8));
          break;
        case 1:
          view.setUint32(at & ~3, [0, 1, 2, 3, 252, 0xffff, 0xffff_ffff, random(1024)][random(8)] as number, true);
          break;
        case 2:
          view.setBigUint64(at & ~7, BigInt(pick()), true);
          break;
        case 3:
          view.setBigUint64(at & ~7, (1n << BigInt(random(64))) - BigInt(random(2)), true);
          break;
        case 4:
          for (let index = at & ~7; index + 8 <= BLOCK && index < at + 8 * random(64); index += 8)
            view.setBigUint64(index, BigInt(random(2 ** 31)) << BigInt(random(33)), true);
          break;
        default:
          bytes.copyWithin(at & ~7, 8 * random(500), 8 * random(500));
      }
    }
    if (random(8) > 0) seal(block);
    device.write(number, bytes);
    // A block of another kind now cannot be changed again as what it was.
    if (!isOfItsKind(device, number)) return;
  }
}

function isOfItsKind(device: MemoryMetadataDevice, number: number): boolean {
  try {
    kindOf(device, number);
    return true;
  } catch {
    return false;
  }
}
