import { createRequire } from 'node:module';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { DmError } from '@dmthin/domain';

/** A number goes as a 64-bit register (ints too: the ABIs of x86-64 and arm64 take the low half), bytes as a pointer. */
export type LibcArgument = number | Uint8Array;

/** What a libc function that returns an int answered; `errno` is 0 unless `result` is -1. */
export interface LibcReply {
  readonly result: number;
  readonly errno: number;
}

/**
 * Calls a libc function, synchronously. The only place that touches ffi-rs, whose traps end here: a wrong type aborts
 * the process, so every argument is checked; a result is written as an int and nothing wider; `errnoCode` is stale
 * after a success; a call on its own threads would not hold on to its buffers, so there is none.
 * @param name of a function that returns an int, or a long or size that fits in one.
 */
export function callLibc(name: string, ...args: readonly LibcArgument[]): LibcReply {
  const { DataType, load } = ffi();
  const paramsType: number[] = [];
  const paramsValue: (number | Buffer)[] = [];
  for (const argument of args) {
    if (typeof argument === 'number') {
      if (!Number.isSafeInteger(argument)) throw new TypeError(`${name}(): ${argument} is no whole number`);
      paramsType.push(argument < 0 ? DataType.I64 : DataType.U64);
      paramsValue.push(argument);
    } else {
      if (!(argument instanceof Uint8Array)) throw new TypeError(`${name}(): an argument is neither number nor bytes`);
      paramsType.push(DataType.U8Array);
      paramsValue.push(Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength));
    }
  }
  const call = { library: LIBRARY, funcName: name, retType: DataType.I32, paramsType, paramsValue };
  const { value, errnoCode } = load({ ...call, errno: true as const }) as { value: number; errnoCode: number };
  return { result: value, errno: value === -1 ? errnoCode : 0 };
}

/** `text` as C has it. @throws TypeError: there is a NUL in it. */
export function cString(text: string | Uint8Array): Uint8Array {
  const bytes = Buffer.concat([Buffer.from(text as Uint8Array), Buffer.alloc(1)]);
  if (bytes.indexOf(0) !== bytes.length - 1) throw new TypeError('a text for the kernel has a NUL in it');
  return bytes;
}

const LIBRARY = 'dmthin-libc';
/** Known to every thread that is started later. */
const OPENED = '@dmthin/ffi-rs:libc';

let loaded: typeof import('ffi-rs') | undefined;

/**
 * Loads ffi-rs, so late because a codec is of use on machines that it has no build for.
 * It keeps what it opened in a table without a lock, so that is written once in a process: by the first thread, before
 * it starts others that read it. The empty path is the process itself: no file name to guess, gnu or musl.
 * @throws DmError UNAVAILABLE: ffi-rs has no build for this machine, or it is not installed.
 */
export function ffi(): typeof import('ffi-rs') {
  if (loaded !== undefined) return loaded;
  try {
    const module = createRequire(import.meta.url)('ffi-rs') as typeof import('ffi-rs');
    if (getEnvironmentData(OPENED) !== true) module.open({ library: LIBRARY, path: '' });
    setEnvironmentData(OPENED, true);
    loaded = module;
    return module;
  } catch (cause) {
    throw new DmError('UNAVAILABLE', `ffi-rs cannot be loaded on ${process.platform} ${process.arch}`, {
      operation: 'load',
      subject: 'ffi-rs',
      remedy: 'Install it with its platform package (not --omit=optional).',
      cause,
    });
  }
}
