import type { Progress } from './progress.ts';

/** Where a command's answer goes: text for people, or one JSON value with `--json`. */
export interface Output {
  /** Prints `text()`, or `value` as JSON; sizes in JSON are bytes. */
  answer(value: unknown, text: () => string): Promise<void>;
  /**
   * Binary output (`diff`, `export`), as it comes, with back-pressure.
   * @throws DmError INVALID_ARGUMENT: stdout is a terminal.
   */
  stream(chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Text, as it comes, with back-pressure. */
  print(chunks: Iterable<Uint8Array>): Promise<void>;
  /** Runs `work` and shows how far it is on stderr: a bar on a terminal, one line at its end elsewhere. */
  progress<T>(label: string, work: (progress: Progress) => Promise<T>, total?: number): Promise<T>;
  /** The same, but says nothing where stderr is no terminal. */
  bar<T>(label: string, work: (progress: Progress) => Promise<T>, total?: number): Promise<T>;
}
