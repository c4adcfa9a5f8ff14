/** Runs `task` on every item, at most `limit` at a time, and resolves to the results in the order of the items. */
export async function mapInParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}

/** `task` on each item of a stream, begun up to `ahead` items before its result is asked for; in their order. */
export async function* mapAhead<Item, Result>(
  items: AsyncIterable<Item>,
  ahead: number,
  task: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const begun: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = task(item);
      // Reported when its turn comes; until then nobody listens, and after an earlier failure nobody will.
      result.catch(() => undefined);
      begun.push(result);
      if (begun.length > ahead) yield await (begun.shift() as Promise<Result>);
    }
    for (let result = begun.shift(); result !== undefined; result = begun.shift()) yield await result;
  } finally {
    // Whoever stops early may unmount next: no task may have a file open by then.
    await Promise.allSettled(begun);
  }
}
