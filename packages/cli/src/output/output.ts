import type { Progress } from './progress.ts';

/** Where a command's answer goes: text for people, or one JSON value with `--json`. */
export interface Output {
  /** Prints `text()`, or `value` as JSON; sizes in JSON are bytes. */
  answer(value: unknown, text: () => string): void;
  /** Binary output (`diff`, `export`), as it comes, with back-pressure. */
  stream(chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** A bar on a terminal, plain lines elsewhere, on stderr; `total` in bytes, where it is known. */
  progress(label: string, total?: number): Progress;
}
