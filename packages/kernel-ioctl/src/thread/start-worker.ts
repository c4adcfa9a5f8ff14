import { Worker } from 'node:worker_threads';
import { ffi } from '../libc/libc.ts';
import type { ThreadStart } from './messages.ts';

/** The threads make little garbage; without this, V8 lets each keep dozens of MiB of it. */
const YOUNG_GENERATION_MIB = 4;

/** Starts a thread that keeps no process alive; `ref()` it while its answer is waited for. */
export function startWorker(workerData: ThreadStart): Worker {
  ffi();
  // Run from its sources, the package is .ts; built or bundled it is .js.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
    workerData,
    name: 'dmthin',
    execArgv: inheritedFlags(process.execArgv),
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
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
