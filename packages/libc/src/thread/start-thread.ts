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
  const worker = new Worker(new URL(`./${module}.${extension}`, caller), {
    workerData,
    name: 'dmthin',
    execArgv: inheritedFlags(process.execArgv),
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
    trackUnmanagedFds: !keepsFiles,
  });
  worker.unref();
  return worker;
}

/** The process's own flags without those that say what program to run: `node --input-type=module -e ...`. */
export function inheritedFlags(flags: readonly string[]): string[] {
  const program = flags.findIndex((flag) => /^(-e|-p|-pe|--eval|--print)$/u.test(flag));
  const rest = program === -1 ? flags : flags.toSpliced(program, 2);
  return rest.filter((flag) => !/^--(input-type|eval|print)(=|$)/u.test(flag));
}
