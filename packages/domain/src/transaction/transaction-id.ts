import { DmError } from '../errors/dm-error.ts';

declare const brand: unique symbol;
/** A pool's transaction id: 64 bits, moved only by `set_transaction_id`. */
export type TransactionId = bigint & { readonly [brand]: 'TransactionId' };

/** @throws DmError INVALID_ARGUMENT: not a whole number of 0 to 2^64 - 1. */
export function transactionId(value: bigint | number): TransactionId {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new DmError('INVALID_ARGUMENT', `transaction id ${value} is not a whole number`);
  const id = BigInt(value);
  if (id < 0n || id >= 1n << 64n) throw new DmError('INVALID_ARGUMENT', `transaction id ${id} is not 64 bits unsigned`);
  return id as TransactionId;
}

export function nextTransactionId(id: TransactionId): TransactionId {
  return transactionId(id + 1n);
}
