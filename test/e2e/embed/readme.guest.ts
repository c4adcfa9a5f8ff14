import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { CHECKOUT, readmeExample } from './readme-example.ts';

const run = promisify(execFile);

describe('the example of the README, on a real kernel', function () {
  this.timeout(300_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dmthin-embed-'));
    await mkdir(join(directory, 'node_modules'));
    await symlink(join(CHECKOUT, 'packages/container'), join(directory, 'node_modules/dmthin'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  for (const kernel of ['ioctl', 'dmsetup'])
    it(`prints the same with kernel ${kernel}, that one word changed`, async () => {
      const { code, printed } = await readmeExample();
      const changed = code.replace("kernel: 'fake'", `kernel: '${kernel}'`);
      expect(changed).not.to.equal(code);
      await writeFile(join(directory, 'example.mjs'), changed);
      const { stdout, stderr } = await run(process.execPath, ['example.mjs'], { cwd: directory });
      expect({ stdout: stdout.trim(), stderr }).to.deep.equal({ stdout: printed, stderr: '' });
    });
});
