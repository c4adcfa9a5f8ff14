import { codeOfErrno, commandError, DmError, errnoName } from '@dmthin/domain';
import type { Ioctl } from '@dmthin/ports';
import { type CommandName, requestOf } from '../protocol/command.ts';
import { type DmIoctlHeader, decodeHeader, encodeHeader, HEADER_SIZE, payloadOf } from '../protocol/dm-ioctl-header.ts';
import { FLAG } from '../protocol/flag.ts';

/** One question to the kernel. */
export interface Question {
  readonly command: CommandName;
  readonly header: Partial<DmIoctlHeader>;
  readonly payload?: Uint8Array;
  /** The answer has a payload, so leave room for one. */
  readonly hasAnswer?: boolean;
  /** In the port's words, for errors: the kernel's `suspend` also resumes. */
  readonly operation: string;
  /** What it is done to, for errors. */
  readonly subject: string;
  /** What was sent, for errors. */
  readonly argument?: string | undefined;
}

export interface Answer {
  readonly header: DmIoctlHeader;
  /** Valid only while it is read: the buffer behind it serves the next question. */
  readonly payload: Uint8Array;
}

/** Where libdm begins too. */
const FIRST_SIZE = 16 * 1024;
/** 2^20 * 1024 (DM_MAX_TARGET_PARAMS and friends): what the kernel refuses to exceed. */
const MAX_SIZE = 2 ** 30;
const EINTR = 4;
const EINVAL = 22;

/** Asks over an `Ioctl`, in a buffer that is kept and grows as answers need it. */
export class Transactions {
  readonly #ioctl: Ioctl;
  #spare: Uint8Array | undefined;
  #size = FIRST_SIZE;

  constructor(ioctl: Ioctl) {
    this.#ioctl = ioctl;
  }

  /**
   * Asks, and reads the answer.
   * @throws DmError as its errno has it (`codeOfErrno`). CORRUPT: the answer's lengths lead out of the buffer.
   */
  async ask<Result>(question: Question, read: (answer: Answer) => Result): Promise<Result> {
    for (;;) {
      const needed = HEADER_SIZE + (question.payload?.length ?? 0);
      const memory = this.#take(Math.max(this.#size, needed));
      const buffer = memory.subarray(0, question.hasAnswer === true ? memory.length : needed);
      // An empty list is told by zeros that the kernel does not write (1.6), and padding is handed back as it came.
      buffer.fill(0);
      encodeHeader(buffer, question.header);
      if (question.payload !== undefined) buffer.set(question.payload, HEADER_SIZE);
      const { result: returned, errno } = await this.#ioctl(requestOf(question.command), buffer);
      // A signal to the process ends a wait inside of the kernel, which then undoes what it began (dm-kernel.md 2.2).
      if (returned === -1 && errno === EINTR) continue;
      if (returned === -1) {
        this.#spare = memory;
        throw failure(question, errno);
      }
      // Kernels up to 6.1.176 say 2, and do nothing, where a device has no live table to take a message (0.1).
      if (returned > 0) throw failure(question, EINVAL);
      const header = decodeHeader(buffer);
      if ((header.flags & FLAG.bufferFull) === 0) {
        const result = read({ header, payload: payloadOf(header, buffer) });
        this.#spare = memory;
        return result;
      }
      this.#grow(question);
    }
  }

  /**
   * Fresh memory costs more than an ioctl does. The spare is taken away while it is in use, so that two questions at once
   * never share it.
   */
  #take(size: number): Uint8Array {
    const spare = this.#spare;
    if (spare === undefined || spare.length < size) return new Uint8Array(size);
    this.#spare = undefined;
    return spare;
  }

  #grow({ operation, subject }: Question): void {
    if (this.#size >= MAX_SIZE)
      throw new DmError('CORRUPT', `device-mapper: ${operation} on "${subject}": the answer never fits`, {
        operation,
        subject,
      });
    this.#size *= 2;
  }
}

function failure({ operation, subject, argument }: Question, errno: number): DmError {
  const name = errnoName(errno);
  if (name === undefined)
    return new DmError('IO', `device-mapper: ${operation} on "${subject}" failed: errno ${errno}`, {
      operation,
      subject,
    });
  const remedy = codeOfErrno(name, operation) === 'NOT_PERMITTED' ? 'Run as root, or with CAP_SYS_ADMIN.' : undefined;
  return commandError(operation, subject, name, { remedy, ...(argument === undefined ? {} : { argument }) });
}
