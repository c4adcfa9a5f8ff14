import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { CHECKOUT, readmeExample } from './readme-example.ts';

const run = promisify(execFile);
/** The scripts bring their own pnpm; who runs the suite by hand has one. */
const OWN_PNPM = join(CHECKOUT, '.tools/node_modules/.bin/pnpm');
const PNPM = existsSync(OWN_PNPM) ? OWN_PNPM : 'pnpm';

describe('the example of the README, as somebody has it who installs the package', function () {
  this.timeout(240_000);
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dmthin-consumer-'));
  });
  after(() => rm(directory, { recursive: true }));

  it('installs from packed tarballs, type-checks in strict mode, and prints what the README says', async () => {
    const { code, printed } = await readmeExample();
    const tarballs = await packAll(join(directory, 'tarballs'));
    const consumer = join(directory, 'consumer');
    await mkdir(consumer);
    await writeFile(join(consumer, 'package.json'), JSON.stringify(manifest(tarballs)));
    await writeFile(join(consumer, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    await writeFile(join(consumer, 'example.ts'), code);
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: consumer });
    await run(process.execPath, [join(CHECKOUT, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: consumer });
    const { stdout } = await run(process.execPath, ['example.js'], { cwd: consumer });
    expect(stdout.trim()).to.equal(printed);
  });
});

const TSCONFIG = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(CHECKOUT, 'node_modules/@types')],
  },
  files: ['example.ts'],
};

/** Packs every published package; name to tarball. */
async function packAll(into: string): Promise<Map<string, string>> {
  await mkdir(into);
  const tarballs = new Map<string, string>();
  for (const folder of await readdir(join(CHECKOUT, 'packages'))) {
    const path = join(CHECKOUT, 'packages', folder);
    const { name } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as { name: string };
    const { stdout } = await run(PNPM, ['pack', '--pack-destination', into], { cwd: path });
    tarballs.set(name, stdout.trim().split('\n').at(-1) ?? '');
  }
  return tarballs;
}

/** Ours come from their tarballs at every depth, as they would from the registry. */
function manifest(tarballs: ReadonlyMap<string, string>): object {
  const files = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]));
  return { name: 'consumer', private: true, type: 'module', dependencies: files, overrides: files };
}
