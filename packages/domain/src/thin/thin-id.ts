import { DmError } from '../errors/dm-error.ts';

declare const brand: unique symbol;
/** The number of a thin device within its pool: 24 bits. */
export type ThinId = number & { readonly [brand]: 'ThinId' };

/** MAX_DEV_ID (drivers/md/dm-thin.c). */
export const MAX_THIN_ID = 0xff_ff_ff;

/** @throws DmError INVALID_ARGUMENT: not a whole number of 0 to 16,777,215. */
export function thinId(value: number): ThinId {
  if (!Number.isInteger(value) || value < 0 || value > MAX_THIN_ID)
    throw new DmError('INVALID_ARGUMENT', `thin id ${value} is not a whole number of 0 to ${MAX_THIN_ID}`);
  return value as ThinId;
}
