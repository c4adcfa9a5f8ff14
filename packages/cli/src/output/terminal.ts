import { DmError } from '@dmthin/domain';
import { toJson } from './json.ts';
import type { Output } from './output.ts';
import { showProgress } from './progress.ts';

/** The output of a process: answers on stdout, progress on stderr. */
export function createTerminal(json: boolean): Output {
  return {
    async answer(value, text) {
      const answer = json ? toJson(value) : text();
      if (answer !== '') await write(`${answer}\n`);
    },
    async stream(chunks) {
      if (process.stdout.isTTY)
        throw new DmError('INVALID_ARGUMENT', 'a tar is not written to a terminal', {
          remedy: 'Send it to a file or a program: > layer.tar, or | tar -tv.',
        });
      for await (const chunk of chunks) await write(chunk);
    },
    async print(chunks) {
      for (const chunk of chunks) await write(chunk);
    },
    progress: (label, work, total) => showProgress(label, total, process.stderr, work),
    bar: (label, work, total) =>
      process.stderr.isTTY ? showProgress(label, total, process.stderr, work) : work({ advance() {} }),
  };
}

/** Whether an answer met a reader that had gone (`| head`): nobody is there to be told, and nothing went wrong. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

function write(chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) => {
      if (error === undefined || error === null) resolve();
      else if (isReaderGone(error)) reject(error);
      else reject(new DmError('IO', `cannot write to standard output: ${error.message}`, { cause: error }));
    });
  });
}
