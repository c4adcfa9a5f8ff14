import { statfs } from 'node:fs/promises';
import { type Bytes, bytes } from '@dmthin/domain';
import { fileError } from '../file/file-error.ts';
import { rawPathOfText } from '../path/raw-path.ts';

/** What is free on the file system that `file` is on: a sparse file can take no more than that. */
export async function freeSpaceUnder(file: string): Promise<Bytes> {
  try {
    const { bfree, bsize } = await statfs(file, { bigint: true });
    return bytes(bfree * bsize);
  } catch (error) {
    throw fileError(error, 'look at the free space under', rawPathOfText(file));
  }
}
