/** A thread that does what the tests of the pool ask it. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { DmError } from '@dmthin/domain';
import { serve } from '@dmthin/libc';

/** What the echo thread serves. */
export interface Echo {
  /** `text` again. */
  say(text: string): string;
  /** Keeps the thread busy, as a call into the kernel does that does not come back. */
  block(milliseconds: number): void;
  /** Fails with a cause. */
  fail(): never;
  /** Ends the thread. */
  die(): never;
}

const echo: Echo = {
  say: (text) => text,
  block: (milliseconds) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
  fail: () => {
    throw new DmError('BUSY', 'it is busy', {
      errno: 'EBUSY',
      subject: 'dm-3',
      remedy: 'Wait.',
      cause: new DmError('IO', 'below'),
      undoError: new RangeError('while undoing'),
    });
  },
  die: () => process.exit(1),
};

await serve(parentPort as MessagePort, () => {
  if (workerData === 'refuses') throw new DmError('NOT_PERMITTED', 'no rights');
  return { service: echo, word: 'hello' };
});
