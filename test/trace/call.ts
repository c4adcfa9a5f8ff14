import type { DeviceNumber } from '@dmthin/domain';

/** One call on the control device: ioctl(2) with a buffer of `size` bytes that holds `given`, then zeros. */
export interface IoctlCall {
  readonly op: 'ioctl';
  /** The last byte of the request, whose rest is `0xc138fd00`. */
  readonly nr: number;
  readonly size: number;
  readonly given: Uint8Array;
}

/** Opens a block device, writes or reads once through the page cache, or discards, and closes it. */
export interface IoCall {
  readonly op: 'write' | 'read' | 'discard';
  /** `major:minor` */
  readonly dev: string;
  /** In bytes, as is the length. */
  readonly offset: number;
  readonly length: number;
  /** Of what a write writes (see `pattern`). */
  readonly seed?: number;
}

export interface SleepCall {
  readonly op: 'sleep';
  readonly ms: number;
}

/** What a trace asks of a machine, a line each. */
export type Call = IoctlCall | IoCall | SleepCall;

/** What a machine answered. */
export interface Answer {
  /** What the system call returned: -1 where it failed. */
  readonly ret: number;
  /** 0 where it did not fail. */
  readonly errno: number;
  /** The whole buffer of an ioctl, afterwards. */
  readonly buffer?: Uint8Array;
  /** Of the bytes that were read, in hex. */
  readonly sha256?: string;
}

/** A call and its answer; a sleep has none. */
export interface Line {
  readonly call: Call;
  readonly answer: Answer | undefined;
}

/** A plain block device that is there before the first call, all zero. */
export interface TraceDisk {
  readonly number: DeviceNumber;
  readonly path: string;
  readonly sectors: number;
}

/** What a trace says of the machine it was recorded on. */
export interface TraceHeader {
  /** The kernel's point release, such as 6.1.176. */
  readonly release: string;
  /** Of device-mapper's block devices. */
  readonly major: number;
  readonly seed: number;
  readonly disks: readonly TraceDisk[];
}

/** Something that calls can be made to: the fake, or the kernel this process runs on. */
export interface TracedMachine {
  play(call: Call): Promise<Answer | undefined>;
}

/** The data of a write. */
export function pattern(seed: number, length: number): Uint8Array {
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = (seed * 131 + i * 7 + (i >> 8)) & 255;
  return data;
}
