/** One step of a run that was made on a real kernel, and is made again here. */
export type Operation =
  | { readonly kind: 'create'; readonly id: number }
  | { readonly kind: 'snapshot'; readonly id: number; readonly origin: number }
  | { readonly kind: 'write'; readonly id: number; readonly blocks: readonly number[] }
  | { readonly kind: 'discard'; readonly id: number; readonly begin: number; readonly count: number }
  | { readonly kind: 'delete'; readonly id: number }
  | { readonly kind: 'deactivate'; readonly id: number }
  | { readonly kind: 'transaction'; readonly from: number; readonly to: number }
  | { readonly kind: 'reserve' }
  | { readonly kind: 'release' }
  | { readonly kind: 'status' };

/** Blocks of a thin device in such a run. */
const THIN_BLOCKS = 200_000;

/** The steps of the run with that seed: the same ones whenever and wherever they are made. */
export function* recordedRun(seed: number, count: number): Generator<Operation> {
  const random = xorshift(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const ids: number[] = [];
  let next = 0;
  let transaction = 0;
  let isHeld = false;
  const pick = (): number => ids[below(ids.length)] as number;
  for (let step = 0; step < count; step++) {
    const dice = random();
    if (ids.length === 0 || dice < 0.04) {
      const id = below(5) > 0 ? next++ : next + below(1000);
      next = Math.max(next, id + 1);
      ids.push(id);
      yield { kind: 'create', id };
    } else if (dice < 0.12) {
      const origin = pick();
      const id = next++;
      ids.push(id);
      yield { kind: 'snapshot', id, origin };
    } else if (dice < 0.6) {
      const id = pick();
      yield { kind: 'write', id, blocks: burst(random, below) };
    } else if (dice < 0.85) {
      const far = below(THIN_BLOCKS - 1000);
      const length = 1 + below(below(3) > 0 ? 20 : 900);
      const id = pick();
      yield { kind: 'discard', id, begin: below(2) > 0 ? far : below(4000), count: length };
    } else if (dice < 0.92) {
      if (ids.length <= 4) continue;
      const [id = 0] = ids.splice(below(ids.length), 1);
      yield { kind: 'delete', id };
    } else if (dice < 0.93) yield { kind: 'transaction', from: transaction, to: ++transaction };
    else if (dice < 0.95) {
      yield { kind: isHeld ? 'release' : 'reserve' };
      isHeld = !isHeld;
    } else if (dice < 0.96) yield { kind: 'deactivate', id: pick() };
    // Between 0.96 and 0.98 the kernel was asked without a commit; its answer depends on its clock.
    else if (dice >= 0.98) yield { kind: 'status' };
  }
  yield { kind: 'status' };
}

/** Blocks to write: all over the device, in a row, or mostly at its beginning. */
function burst(random: () => number, below: (limit: number) => number): readonly number[] {
  const kind = below(4);
  const length = 1 + below([3, 60, 200, 200][kind] as number);
  const start = below(THIN_BLOCKS - 400);
  return Array.from({ length }, (_, i) => {
    if (kind < 2) return below(THIN_BLOCKS);
    return kind === 2 ? start + i : Math.min(THIN_BLOCKS - 1, Math.floor(random() * random() * 5000));
  });
}

function xorshift(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x1_0000_0000;
  };
}
