import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { replay } from './replay.ts';

// Sources and compiled tests lie side by side, the recordings only with the sources.
const FOLDER = fileURLToPath(new URL('../../test/trace/recorded/', import.meta.url));

describe('calls recorded on a real kernel', () => {
  for (const file of readdirSync(FOLDER))
    it(`are answered to the byte: ${file}`, async () => {
      const difference = await replay(`${FOLDER}${file}`);
      if (difference === undefined) return;
      const { call, line, expected, actual } = difference;
      expect.fail(`call ${call} differs: ${line}\n  real: ${expected}\n  fake: ${actual}`);
    }).timeout(60_000);
});
