/** Takes text as it comes, and hands what it says to a sink. */
export interface ContentParser {
  /** The line that is being read, from 1 on. */
  readonly line: number;
  /** @throws ContentFault: it is not well formed. */
  write(text: string): void;
  /** @throws ContentFault: the text ends too early. */
  close(): void;
}
