import { bytes, humanSize } from '@dmthin/domain';
import { SingleBar } from 'cli-progress';

export interface Progress {
  /** `amount` more is done. */
  advance(amount: number): void;
  end(): void;
}

/** A bar where stderr is a terminal; else one line at the end, so that logs stay short. */
export function createProgress(label: string, total: number | undefined, stderr: NodeJS.WriteStream): Progress {
  return stderr.isTTY ? bar(label, total, stderr) : lines(label, stderr);
}

/** Passes `chunks` on and counts them. */
export async function* counted(chunks: AsyncIterable<Uint8Array>, progress: Progress): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    progress.advance(chunk.byteLength);
    yield chunk;
  }
}

function bar(label: string, total: number | undefined, stream: NodeJS.WriteStream): Progress {
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

function lines(label: string, stream: NodeJS.WriteStream): Progress {
  let done = 0;
  const begun = performance.now();
  return {
    advance(amount) {
      done += amount;
    },
    end() {
      const seconds = (performance.now() - begun) / 1000;
      stream.write(`${label}: ${size(done)} in ${seconds.toFixed(1)} s\n`);
    },
  };
}

const size = (count: number): string => humanSize(bytes(count));
