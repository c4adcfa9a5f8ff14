import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { DataType, load, open } from 'ffi-rs';

/** What a libc function that returns an int answered; `errno` is 0 unless `result` is -1. */
export interface LibcReply {
  readonly result: number;
  readonly errno: number;
}

/** A number goes as a 64-bit register (ints too: the ABIs of x86-64 and arm64 take the low half), bytes as a pointer. */
export type LibcArgument = number | Uint8Array;

/**
 * Calls a libc function, synchronously. The only place that touches ffi-rs, whose traps end here (each seen to happen):
 * a wrong type aborts the process, so every argument is checked; the returned value is written as an int and nothing
 * wider; `errnoCode` is stale after a success; text with a NUL panics, so text goes as bytes.
 */
export function callLibc(name: LibcFunction, ...args: readonly LibcArgument[]): LibcReply {
  const paramsType: DataType[] = [];
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
  openLibrary();
  const reply = load({
    library: LIBRARY,
    funcName: name,
    retType: DataType.I32,
    paramsType,
    paramsValue,
    errno: true as const,
  });
  return { result: reply.value, errno: reply.value === -1 ? reply.errnoCode : 0 };
}

/** The functions this package calls. */
export type LibcFunction = 'ioctl' | 'poll' | 'eventfd' | 'syscall' | 'semget' | 'semctl' | 'semop' | 'semtimedop';

const LIBRARY = 'dmthin-libc';
/** Known to every thread that is started later. */
const OPENED = '@dmthin/ffi-rs:libc';

/**
 * ffi-rs keeps what is opened in a table without a lock, so it is written once in a process: here on the main thread,
 * before any worker that reads it is started. The empty path is the process itself: no file name to guess, gnu or musl.
 */
export function openLibrary(): void {
  if (getEnvironmentData(OPENED) === true) return;
  open({ library: LIBRARY, path: '' });
  setEnvironmentData(OPENED, true);
}
