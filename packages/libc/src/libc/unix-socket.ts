import { callLibc, type LibcReply } from './call-libc.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
/** struct sockaddr_un: the family, and a path of up to 107 bytes and its closing zero (unix(7)). */
const FAMILY_BYTES = 2;
const ADDRESS_BYTES = 110;

/**
 * Sends one datagram to a unix socket, which Node has no way to; the path may be an abstract one, written with `@` first.
 * Waits for as long as the receiver's queue is full.
 */
export function sendDatagram(path: string, content: Uint8Array): LibcReply {
  const socket = callLibc('socket', AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket.result === -1) return socket;
  try {
    const address = addressOf(path);
    return callLibc('sendto', socket.result, content, content.length, MSG_NOSIGNAL, address, address.length);
  } finally {
    callLibc('close', socket.result);
  }
}

/** Where the socket of a descriptor is bound; undefined: it is no unix socket, or has no path. */
export function boundPath(descriptor: number): string | undefined {
  const address = Buffer.alloc(ADDRESS_BYTES);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(address.length);
  if (callLibc('getsockname', descriptor, address, length).result === -1) return undefined;
  if (address.readUInt16LE() !== AF_UNIX) return undefined;
  const bound = address.subarray(FAMILY_BYTES, length.readUInt32LE());
  const end = bound.indexOf(0);
  return bound.toString('utf8', 0, end === -1 ? bound.length : end) || undefined;
}

/** A path ends with a zero; an abstract name begins with one, and every byte of it counts. */
function addressOf(path: string): Buffer {
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`);
  const family = Buffer.alloc(FAMILY_BYTES);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, name]);
}
