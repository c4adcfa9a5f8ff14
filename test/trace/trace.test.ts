import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { replay } from './replay.ts';
import { showDifference } from './show-difference.ts';
import { readTrace } from './trace-file.ts';

// Sources and compiled tests lie side by side, the recordings only with the sources.
const FOLDER = fileURLToPath(new URL('../../trace/recorded/', import.meta.url));

describe('calls recorded on a real kernel', () => {
  for (const file of readdirSync(FOLDER))
    it(`are answered to the byte: ${file}`, async () => {
      const difference = await replay(readTrace(`${FOLDER}${file}`));
      if (difference !== undefined) expect.fail(showDifference(difference));
    }).timeout(60_000);
});
