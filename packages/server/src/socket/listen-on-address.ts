import { once } from 'node:events';
import type { Server } from 'node:net';
import { codeOfErrno, DmError, ERRNO, type ErrnoName } from '@dmthin/domain';

const SHAPE = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/u;

/**
 * Listens on `HOST:PORT`; an IPv6 address stands in brackets.
 * @throws DmError INVALID_ARGUMENT: no such address. BUSY: taken. NOT_PERMITTED.
 */
export async function listenOnAddress(server: Server, address: string): Promise<void> {
  const [, v6, name, port] = SHAPE.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new DmError('INVALID_ARGUMENT', `${JSON.stringify(address)} is no address`, {
      subject: address,
      remedy: 'Write HOST:PORT, such as 127.0.0.1:9323 or [::1]:9323.',
    });
  try {
    server.listen({ host: v6 ?? name, port: Number(port) });
    await once(server, 'listening');
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? '';
    const known = errno in ERRNO ? codeOfErrno(errno as ErrnoName) : 'INVALID_ARGUMENT';
    throw new DmError(errno === 'EADDRINUSE' ? 'BUSY' : known, `cannot listen on ${address}: ${errno}`, {
      operation: 'listen',
      subject: address,
      remedy: 'Name an address of this machine, and a port that is free.',
      cause,
    });
  }
}
