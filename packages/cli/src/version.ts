import { readFileSync } from 'node:fs';

/** The version in this package's manifest, which stands one folder above both the sources and the bundle. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
