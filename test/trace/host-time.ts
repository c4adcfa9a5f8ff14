import { rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * The host's time in milliseconds, of use in a guest whose own clock stands still: when the host says that a new file
 * of the directory it shares with the guest was made.
 */
export function hostTime(): number {
  const path = `${process.env['GUEST_RUN'] ?? '/tmp'}/time-${process.pid}-${counter++}`;
  writeFileSync(path, '');
  const { mtimeMs } = statSync(path);
  rmSync(path);
  return mtimeMs;
}

let counter = 0;
