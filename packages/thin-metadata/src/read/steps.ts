/**
 * Work on metadata that stops before it reads a block and says which one, so that whoever reads from something slow can
 * fetch it meanwhile; what it finds comes between.
 */
export type Steps<Item, Result = void> = Generator<number | Item, Result>;

/** What the work finds, where every block is at hand. */
export function* itemsOf<Item extends object>(steps: Iterable<number | Item>): Generator<Item> {
  for (const step of steps) if (typeof step !== 'number') yield step;
}

/** What the work comes to, where every block is at hand. */
export function resultOf<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
