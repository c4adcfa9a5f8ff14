import type { DmError } from './dm-error.ts';

/** `throw` as an expression, for the right side of `??`. */
export function raise(error: DmError): never {
  throw error;
}
