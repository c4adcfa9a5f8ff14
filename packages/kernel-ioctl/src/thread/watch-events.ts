import type { MessagePort } from 'node:worker_threads';
import { DmError, errnoName } from '@dmthin/domain';
import { callLibc, packError } from '@dmthin/libc';
import { openControlDevice } from '../control/control-device.ts';
import { requestOf } from '../protocol/command.ts';
import { encodeHeader, HEADER_SIZE } from '../protocol/dm-ioctl-header.ts';
import type { EventReply } from './messages.ts';

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const POLLIN = 1;
const POLLFD_SIZE = 8; // struct pollfd: int fd, short events, short revents
const EINTR = 4;
/** Nothing is missed without it; it bounds how long a process that was not woken waits for this thread to end. */
const POLL_MS = 1000;

/**
 * Tells of every event of any device until it is woken. The control device is armed before it is polled and again
 * before an event is told, so whoever looks at a device after the telling misses nothing: what happens later is told
 * again (dm-kernel.md 1.8). This is a thread because poll(2) blocks, and ffi-rs' own threads are libuv's four.
 */
export function watchEvents(port: MessagePort): void {
  const reply = (message: EventReply): void => port.postMessage(message);
  try {
    const control = openControlDevice();
    const wakeFd = must('eventfd', callLibc('eventfd', 0, EFD_CLOEXEC | EFD_NONBLOCK));
    try {
      const arm = (): void => {
        const buffer = new Uint8Array(HEADER_SIZE);
        encodeHeader(buffer, {});
        must('arm poll', control.ioctl(requestOf('armPoll'), buffer));
      };
      arm();
      reply({ kind: 'armed', wakeFd });
      for (;;) {
        const ready = poll([wakeFd, control.fd]);
        if (ready[0] === true) break;
        if (ready[1] !== true) continue;
        arm();
        reply({ kind: 'event' });
      }
    } finally {
      // Not by node:fs, which complains of descriptors it did not open.
      callLibc('close', wakeFd);
      control.close();
    }
  } catch (error) {
    reply({ kind: 'failed', error: packError(error) });
  } finally {
    port.close();
  }
}

/** Which of the descriptors can be read. */
function poll(fds: readonly number[]): readonly boolean[] {
  const view = new DataView(new ArrayBuffer(POLLFD_SIZE * fds.length));
  for (const [index, fd] of fds.entries()) {
    view.setInt32(POLLFD_SIZE * index, fd, true);
    view.setInt16(POLLFD_SIZE * index + 4, POLLIN, true);
  }
  const reply = callLibc('poll', new Uint8Array(view.buffer), fds.length, POLL_MS);
  if (reply.errno !== EINTR) must('poll', reply);
  return fds.map((_, index) => view.getInt16(POLLFD_SIZE * index + 6, true) !== 0);
}

function must(operation: string, { result, errno }: { readonly result: number; readonly errno: number }): number {
  if (result !== -1) return result;
  throw new DmError('IO', `device-mapper: ${operation} for events failed: ${errnoName(errno) ?? errno}`, {
    errno: errnoName(errno),
    operation,
  });
}
