import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const isSource = import.meta.url.endsWith('.ts');
const program = fileURLToPath(new URL(isSource ? './program.ts' : './program.js', import.meta.url));
const conditions = isSource ? ['--conditions=@dmthin/source'] : [];

/** What a process of these words prints that starts a thread. */
async function printed(words: readonly string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [...conditions, ...words])).stdout;
}

describe('a thread', () => {
  for (const flags of [
    [],
    ['--max-old-space-size=512', '--expose-gc', '--stack-size=900', '--no-warnings'],
    ['-C', 'something', '--conditions', 'more'],
  ]) {
    const title = flags.length === 0 ? 'no flags' : flags.join(' ');
    it(`starts in a process with ${title}`, async () => {
      expect(await printed([...flags, program])).to.include('hello');
    });

    it(`starts in a process with ${title}, whose program is text`, async () => {
      const text = `await import(${JSON.stringify(program)})`;
      expect(await printed([...flags, '--input-type=module', '--eval', text])).to.include('hello');
    });
  }
});
