import { MAX_THIN_ID, type ThinId, type TransactionId, thinId, transactionId } from '@dmthin/domain';
import { Refusal } from '../errno/refusal.ts';
import { parseUnsigned64 } from '../table/numbers.ts';
import type { Pool } from './pool.ts';
import { refusalOf } from './pool-fault.ts';
import { takesChanges } from './pool-mode.ts';

interface Message {
  /** Words, its own name included. */
  readonly words: number;
  run(pool: Pool, first: string, second: string): void;
}

const MESSAGES: Readonly<Record<string, Message>> = {
  create_thin: { words: 2, run: ({ metadata }, id) => metadata.createThin(readId(id)) },
  create_snap: {
    words: 3,
    run: ({ metadata }, id, origin) => metadata.createSnapshot(readId(id), readId(origin)),
  },
  delete: { words: 2, run: ({ metadata }, id) => metadata.deleteThin(readId(id)) },
  set_transaction_id: {
    words: 3,
    run: ({ metadata }, from, to) => metadata.setTransactionId(readTransaction(from), readTransaction(to)),
  },
  reserve_metadata_snap: {
    words: 1,
    run: (pool) => {
      pool.commit();
      pool.metadata.reserveMetadataSnapshot();
    },
  },
  release_metadata_snap: { words: 1, run: ({ metadata }) => metadata.releaseMetadataSnapshot() },
};

/**
 * A message to a pool (dm-kernel.md 3.3). One that succeeds is committed; that the commit failed is not told.
 * @throws Refusal EOPNOTSUPP: the pool takes no changes. EINVAL: unknown, or not its arguments. The metadata's answer.
 */
export function messagePool(pool: Pool, words: readonly string[]): void {
  if (!takesChanges(pool.mode)) throw new Refusal('EOPNOTSUPP', `the pool is ${pool.mode}`);
  const [name = '', first = '', second = ''] = words;
  const message = MESSAGES[name.toLowerCase()];
  if (message === undefined) throw new Refusal('EINVAL', `Unrecognised thin pool target message received: ${name}`);
  if (words.length !== message.words)
    throw new Refusal('EINVAL', `${name} takes ${message.words - 1} arguments instead of ${words.length - 1}`);
  try {
    message.run(pool, first, second);
  } catch (failure) {
    throw refusalOf(failure);
  }
  pool.commit();
}

function readId(text: string): ThinId {
  const id = parseUnsigned64(text);
  if (id === undefined || id > BigInt(MAX_THIN_ID)) throw new Refusal('EINVAL', `invalid device id: ${text}`);
  return thinId(Number(id));
}

function readTransaction(text: string): TransactionId {
  const id = parseUnsigned64(text);
  if (id === undefined) throw new Refusal('EINVAL', `Unrecognised id ${text}.`);
  return transactionId(id);
}
