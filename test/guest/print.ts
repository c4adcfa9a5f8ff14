import { execFileSync } from 'node:child_process';

/** What a program prints; it must succeed. */
export function print(program: string, ...words: readonly string[]): string {
  return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
