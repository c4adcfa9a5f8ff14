import { once } from 'node:events';
import { toJson } from './json.ts';
import type { Output } from './output.ts';
import { createProgress } from './progress.ts';

/** The output of a process: answers on stdout, progress on stderr. */
export function createTerminal(json: boolean): Output {
  return {
    answer(value, text) {
      const answer = json ? toJson(value) : text();
      if (answer !== '') process.stdout.write(`${answer}\n`);
    },
    async stream(chunks) {
      for await (const chunk of chunks) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    },
    progress: (label, total) => createProgress(label, total, process.stderr),
  };
}
