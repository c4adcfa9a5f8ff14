import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OPTION_ROWS } from '@dmthin/domain';
import { expect } from 'chai';
import { CHECKOUT } from '../e2e/support/dmthin.ts';

const DEFECTS = 34;

describe('docs/docker-parity.md', () => {
  let text = '';
  let files: ReadonlyMap<string, string>;
  before(async () => {
    text = await readFile(join(CHECKOUT, 'docs/docker-parity.md'), 'utf8');
    const [, list = ''] = text.split('## Files');
    files = new Map(
      [...list.matchAll(/^\| ([\w-]+)(?: \*)? \| (\S+\.ts) \|$/gmu)].map(([, name = '', path = '']) => [name, path]),
    );
  });

  it('names tests that are there, by words of their titles', async () => {
    const [body = ''] = text.split('## Files');
    const named = [...body.matchAll(/([\w-]+) "([^"]+)"/gu)];
    expect(named.length).to.be.above(100);
    const unknown: string[] = [];
    for (const [, file = '', title = ''] of named) {
      const path = files.get(file);
      const source = path === undefined ? '' : await readFile(join(CHECKOUT, path), 'utf8');
      if (!source.includes(title)) unknown.push(`${file} "${title}"`);
    }
    expect(unknown).to.deep.equal([]);
  });

  it('has a row for each defect, and one for each option', () => {
    for (let number = 1; number <= DEFECTS; number += 1)
      expect(text, `defect ${number}`).to.match(new RegExp(`^\\| ${number} \\| \\S`, 'mu'));
    for (const { key } of OPTION_ROWS) expect(text).to.include(`\`${key}\``);
  });

  it('lists no file that no row needs', () => {
    for (const name of files.keys()) expect(text).to.include(`${name} "`);
  });
});
