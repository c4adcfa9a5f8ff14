import { createHash } from 'node:crypto';
import { bytes, DmError } from '@dmthin/domain';
import type { LayerIdentity } from '../identity/layer-identity.ts';
import type { ResumePoint } from './stream-format.ts';

/** What a receiver has of a layer: the contents it is between, and how far it came. */
export interface Progress extends ResumePoint {
  readonly identity: LayerIdentity;
  readonly base: LayerIdentity;
}

const LENGTH = 72;
const CHECK = 4;

export const nothingOf = (identity: LayerIdentity, base: LayerIdentity): Progress => ({
  identity,
  base,
  position: bytes(0),
  chain: Buffer.alloc(32),
});

/** Letters, digits, - and _: `identity, base, position, chain` and four bytes of their SHA-256, in base64url. */
export function formatToken({ identity, base, position, chain }: Progress): string {
  const token = Buffer.alloc(LENGTH + CHECK);
  token.write(identity, 0, 'hex');
  token.write(base, 16, 'hex');
  token.writeBigUInt64LE(position, 32);
  chain.copy(token, 40);
  checkOf(token).copy(token, LENGTH);
  return token.toString('base64url');
}

/** @throws DmError INVALID_ARGUMENT: not a token, or one that was cut off or mistyped. */
export function parseToken(text: string): Progress {
  const token = Buffer.from(text, 'base64url');
  if (token.length !== LENGTH + CHECK || !checkOf(token).equals(token.subarray(LENGTH)))
    throw new DmError('INVALID_ARGUMENT', 'this is no resume token', {
      subject: text,
      remedy: 'Take all of it from where the receiver shows it: dmthin receive --pending.',
    });
  return {
    identity: token.toString('hex', 0, 16) as LayerIdentity,
    base: token.toString('hex', 16, 32) as LayerIdentity,
    position: bytes(token.readBigUInt64LE(32)),
    chain: Buffer.from(token.subarray(40, LENGTH)),
  };
}

function checkOf(token: Buffer): Buffer {
  return createHash('sha256').update(token.subarray(0, LENGTH)).digest().subarray(0, CHECK);
}
