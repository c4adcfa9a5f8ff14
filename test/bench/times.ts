/** Milliseconds of each step, a number a round. */
export type Times = Readonly<Record<string, readonly number[]>>;

export interface Figure {
  readonly median: number;
  readonly p99: number;
}

export function joined(blocks: readonly Times[]): Times {
  const steps = Object.keys(blocks[0] ?? {});
  return Object.fromEntries(steps.map((step) => [step, blocks.flatMap((block) => block[step] ?? [])]));
}

export function figures(times: Times): Readonly<Record<string, Figure>> {
  return Object.fromEntries(
    Object.entries(times).map(([step, values]) => [
      step,
      { median: quantile(values, 0.5), p99: quantile(values, 0.99) },
    ]),
  );
}

/** The sum of the medians of the steps. */
export function sumOf(times: Times): number {
  return Object.values(times).reduce((sum, values) => sum + quantile(values, 0.5), 0);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
