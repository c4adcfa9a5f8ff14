import { Worker } from 'node:worker_threads';
import { ffi } from '../libc/call-libc.ts';

/** The threads make little garbage; without this, V8 lets each keep dozens of MiB of it. */
const YOUNG_GENERATION_MIB = 4;

export interface StartOptions {
  /** The thread's module by its name without an extension; it lies beside `caller`, in a package and in a bundle. */
  readonly module: string;
  /** `import.meta.url` of who starts it. */
  readonly caller: string;
  readonly workerData?: unknown;
  /** Whether files that the thread opens stay open when it ends. */
  readonly keepsFiles?: boolean | undefined;
}

/**
 * Starts a thread that keeps no process alive; `ref()` it while its answer is waited for. Node takes a listener for its
 * messages as such a `ref()`: `unref()` it after that.
 */
export function startThread({ module, caller, workerData, keepsFiles = false }: StartOptions): Worker {
  ffi();
  // Run from its sources, a package is .ts; built or bundled it is .js.
  const extension = caller.endsWith('.ts') ? 'ts' : 'js';
  const flags = threadFlags(process.execArgv);
  const worker = new Worker(new URL(`./${module}.${extension}`, caller), {
    workerData,
    name: 'dmthin',
    ...(flags === undefined ? {} : { execArgv: flags }),
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
    trackUnmanagedFds: !keepsFiles,
  });
  worker.unref();
  return worker;
}

/**
 * The flags of a thread where it cannot have all of the process's own: `--input-type` is refused beside a file, and a list
 * of one's own may have none that are V8's or the process's, such as `--max-old-space-size`. What is left is how modules
 * are found. undefined: all, which is what Node does by itself.
 */
function threadFlags(flags: readonly string[]): string[] | undefined {
  if (!flags.some((flag) => flag.startsWith('--input-type'))) return undefined;
  return flags.flatMap((flag, index) => {
    if (flag === '-C' || flag === '--conditions') return ['--conditions', ...flags.slice(index + 1, index + 2)];
    return flag.startsWith('--conditions=') ? [flag] : [];
  });
}
