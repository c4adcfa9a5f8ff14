import { open } from 'node:fs/promises';

/** Resolves when the names in a directory last. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows opens no directories, and keeps their order by itself.
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
