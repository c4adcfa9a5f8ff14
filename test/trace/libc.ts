import { DataType, load, open } from 'ffi-rs';

const LIBRARY = 'dmthin-trace-libc';
let isOpen = false;

/** What a libc function that returns an int answered; `errno` is 0 unless `result` is -1. */
export interface LibcReply {
  readonly result: number;
  readonly errno: number;
}

/** Calls a libc function; a number goes as 64 bits, bytes as a pointer. */
export function callLibc(name: 'ioctl' | 'mknod', ...args: readonly (number | Uint8Array)[]): LibcReply {
  // The empty path is the process itself.
  if (!isOpen) open({ library: LIBRARY, path: '' });
  isOpen = true;
  const call = {
    library: LIBRARY,
    funcName: name,
    retType: DataType.I32,
    paramsType: args.map((argument) => (typeof argument === 'number' ? DataType.U64 : DataType.U8Array)),
    paramsValue: args.map((argument) =>
      typeof argument === 'number' ? argument : Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength),
    ),
  };
  const { value, errnoCode } = load({ ...call, errno: true as const }) as { value: number; errnoCode: number };
  return { result: value, errno: value === -1 ? errnoCode : 0 };
}
