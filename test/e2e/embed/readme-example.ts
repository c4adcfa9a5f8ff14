import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CHECKOUT: string = fileURLToPath(new URL('../../../..', import.meta.url));

/** The first TypeScript block of the README, and the line it says that it prints. */
export async function readmeExample(): Promise<{ code: string; printed: string }> {
  const readme = await readFile(join(CHECKOUT, 'README.md'), 'utf8');
  const code = /```ts\n(.*?)```/su.exec(readme)?.[1];
  const printed = /^It prints `(.*)`\./mu.exec(readme)?.[1];
  if (code === undefined || printed === undefined)
    throw new Error('the README has no example, or does not say what it prints');
  return { code, printed };
}
