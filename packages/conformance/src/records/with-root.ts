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
