import { DmError, type DmErrorCode } from '@dmthin/domain';
import type { LoadedRecords, Records } from '@dmthin/ports';
import type { RecordsFixture, RecordsRoot } from './records-fixture.ts';

/** Runs `work` on a new root and throws the root away. */
export async function withRoot<Result>(
  fixture: RecordsFixture,
  work: (root: RecordsRoot) => Promise<Result>,
): Promise<Result> {
  const root = await fixture.create();
  try {
    return await work(root);
  } finally {
    await root.dispose();
  }
}

/** Opens, works, closes. */
export async function whileOpen<Result>(
  root: RecordsRoot,
  work: (records: Records) => Promise<Result>,
): Promise<Result> {
  const records = await root.open();
  try {
    return await work(records);
  } finally {
    await records.close();
  }
}

/** What somebody finds who opens the root anew. */
export function found(root: RecordsRoot): Promise<LoadedRecords> {
  return whileOpen(root, (records) => records.load());
}

/** The error that `promise` rejects with; fails where it resolves, or rejects with anything else. */
export async function rejection(promise: Promise<unknown>): Promise<DmError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (DmError.is(error)) return error;
  throw new Error(error === undefined ? 'it did not reject' : `it rejected with no DmError: ${String(error)}`);
}

export async function codeOfRejection(promise: Promise<unknown>): Promise<DmErrorCode> {
  return (await rejection(promise)).code;
}
