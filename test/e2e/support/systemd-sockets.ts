import { callLibc } from '@dmthin/libc';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;

/** The descriptor of a socket that listens on `path`, and that nobody accepts from yet. */
export function listeningSocket(path: string): number {
  const descriptor = bound(path, SOCK_STREAM);
  if (callLibc('listen', descriptor, 8).result !== 0) throw new Error(`cannot listen on ${path}`);
  return descriptor;
}

/** Binds the socket that systemd gives a service to report to; what it gives takes the messages that came. */
export function notifySocket(path: string): () => readonly string[] {
  const descriptor = bound(path, SOCK_DGRAM | SOCK_NONBLOCK);
  const buffer = Buffer.alloc(4096);
  return () => {
    const messages: string[] = [];
    for (;;) {
      const { result } = callLibc('recv', descriptor, buffer, buffer.length, 0);
      if (result < 0) return messages;
      messages.push(buffer.toString('utf8', 0, result));
    }
  };
}

function bound(path: string, type: number): number {
  const descriptor = callLibc('socket', AF_UNIX, type, 0).result;
  const address = Buffer.concat([Buffer.of(AF_UNIX, 0), Buffer.from(`${path}\0`)]);
  if (callLibc('bind', descriptor, address, address.length).result !== 0) throw new Error(`cannot bind ${path}`);
  return descriptor;
}
