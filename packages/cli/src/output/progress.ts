import { bytes, humanSize } from '@dmthin/domain';
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** `amount` more is done. */
  advance(amount: number): void;
}

interface Shown extends Progress {
  end(isDone: boolean): void;
}

/** A bar while `work` runs where stderr is a terminal; else one line when it is done, so that logs stay short. */
export async function showProgress<T>(
  label: string,
  total: number | undefined,
  stderr: NodeJS.WriteStream,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const shown = stderr.isTTY ? bar(label, total, stderr) : line(label, stderr);
  let isDone = false;
  try {
    const result = await work(shown);
    isDone = true;
    return result;
  } finally {
    shown.end(isDone);
  }
}

/** Passes `chunks` on and counts them. */
export async function* counted(chunks: AsyncIterable<Uint8Array>, progress: Progress): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    progress.advance(chunk.byteLength);
    yield chunk;
  }
}

function bar(label: string, total: number | undefined, stream: NodeJS.WriteStream): Shown {
  const format =
    total === undefined ? `${label}  {done}` : `${label}  {bar} {percentage}%  {done} of {size}  {eta_formatted} left`;
  const progressBar = new SingleBar({ format, stream, hideCursor: true, clearOnComplete: true });
  let done = 0;
  progressBar.start(total ?? 0, 0, { done: size(0), size: size(total ?? 0) });
  return {
    advance(amount) {
      done += amount;
      progressBar.update(done, { done: size(done) });
    },
    end: () => progressBar.stop(),
  };
}

function line(label: string, stream: NodeJS.WriteStream): Shown {
  let done = 0;
  const begun = performance.now();
  return {
    advance(amount) {
      done += amount;
    },
    end(isDone) {
      if (!isDone) return;
      const seconds = (performance.now() - begun) / 1000;
      stream.write(`${label}: ${size(done)} in ${seconds.toFixed(1)} s\n`);
    },
  };
}

const size = (count: number): string => humanSize(bytes(count));
