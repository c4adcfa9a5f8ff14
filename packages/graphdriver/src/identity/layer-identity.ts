import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
/** What a layer's content is called, on whatever host: 32 hexadecimal digits. Two layers that have one are equal, byte for byte. */
export type LayerIdentity = string & { readonly [brand]: 'LayerIdentity' };

/** Of nothing. */
export const NO_IDENTITY: LayerIdentity = '0'.repeat(32) as LayerIdentity;

export function newIdentity(): LayerIdentity {
  return randomBytes(16).toString('hex') as LayerIdentity;
}

export function isIdentity(value: string): value is LayerIdentity {
  return /^[0-9a-f]{32}$/u.test(value);
}
