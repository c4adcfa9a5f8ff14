import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { LIES } from './lies.ts';

const MOCHA = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');

/** The titles of the cases that fail, as mocha tells a program. */
function failures(spec: string): Promise<readonly string[]> {
  const options = ['--no-config', '--reporter', 'json', '--timeout', '20000'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [MOCHA, ...options, spec], { maxBuffer: 2 ** 28 }, (_, stdout, stderr) => {
      try {
        const report: { failures: readonly { fullTitle: string }[] } = JSON.parse(stdout.slice(stdout.indexOf('{')));
        resolve(report.failures.map(({ fullTitle }) => fullTitle));
      } catch (cause) {
        reject(new Error(`mocha told nothing: ${stderr}`, { cause }));
      }
    });
  });
}

describe('the conformance suite of kernels', function () {
  this.timeout(180_000);
  let failed: readonly string[];
  before(async () => {
    failed = await failures(join(import.meta.dirname, 'lying-kernels.js'));
  });

  for (const what of Object.keys(LIES)) {
    const isTrue = what === 'nothing is wrong';
    it(`${isTrue ? 'passes' : 'fails'} a kernel of which ${what}`, () => {
      const caught = failed.filter((title) => title.startsWith(`kernel conformance: ${what} `));
      if (isTrue) expect(caught).to.deep.equal([]);
      else expect(caught).not.to.have.length(0);
    });
  }
});
