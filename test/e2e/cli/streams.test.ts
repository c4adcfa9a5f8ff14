import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { skipCase } from '@dmthin/conformance';
import { expect } from 'chai';
import { command, dmthin, jsonOf, startDmthin, textOf } from '../support/dmthin.ts';
import { BINARY, type ImportedRoot, importedRoot } from './imported-root.ts';

describe('the streams of dmthin', function () {
  this.timeout(60_000);
  let at: ImportedRoot;
  before(async () => {
    at = await importedRoot();
  });
  after(() => at[Symbol.asyncDispose]());

  it('carry binary from layer to layer, whole', async () => {
    const { root } = at;
    const exported = await dmthin(['export', 'web'], { root });
    expect(exported.status, exported.stderr).to.equal(0);
    await textOf(['import', 'copy', '-'], { root, input: exported.stdout });
    const path = (await textOf(['mount', 'copy'], { root })).trim();
    expect(await readFile(join(path, 'usr/data'))).to.deep.equal(BINARY);
    await textOf(['umount', 'copy'], { root });
    expect(await jsonOf(['changes', 'copy', '--parent', 'web'], { root })).to.deep.equal([]);
  });

  it('carry a diff to another root, where it makes the same layer', async () => {
    const { root } = at;
    const { stdout: web } = await dmthin(['export', 'web'], { root });
    const { stdout: diff } = await dmthin(['diff', 'web-1'], { root });
    const other = { root: join(at.directory, 'other') };
    await textOf(['import', 'web', '-'], { ...other, input: web });
    await textOf(['import', 'web-1', '-', '--parent', 'web'], { ...other, input: diff });
    expect(await textOf(['changes', 'web-1'], other)).to.equal(await textOf(['changes', 'web-1'], { root }));
    expect((await dmthin(['diff', 'web-1'], other)).stdout.length).to.equal(diff.length);
  });

  it('carry layers block by block to another root, over a cut and a resume token', async () => {
    const { root } = at;
    const other = { root: join(at.directory, 'received') };
    const { stdout: whole } = await dmthin(['send', 'web'], { root });
    const cut = await dmthin(['receive', 'web'], { ...other, input: whole.subarray(0, whole.length - 1000) });
    expect([cut.status, String(cut.stderr)]).to.satisfy(
      ([status, stderr]: [number, string]) => status === 9 && /dmthin send --resume [\w-]{102} \| dmthin/u.test(stderr),
    );
    expect(await jsonOf(['ls'], other)).to.deep.equal([]);
    const [pending] = await jsonOf<{ id: string; token: string; received: number }[]>(['receive', '--pending'], other);
    expect(pending).to.include({ id: 'web' });
    const { stdout: rest } = await dmthin(['send', '--resume', pending?.token ?? ''], { root });
    expect(rest.length).to.be.below(whole.length);
    expect(await textOf(['receive', 'web'], { ...other, input: rest })).to.equal('web\n');
    const { stdout: copy } = await dmthin(['send', 'web-1', '--from', 'web', '--compression', 'gzip'], { root });
    await textOf(['receive', 'web-1', '--base', 'web'], { ...other, input: copy });
    expect(await textOf(['changes', 'web-1'], other)).to.equal(await textOf(['changes', 'web-1'], { root }));
    const wrong = await dmthin(['receive', 'web-2', '--base', 'web-1'], { ...other, input: copy });
    expect([wrong.status, String(wrong.stderr)]).to.satisfy(
      ([status, stderr]: [number, string]) => status === 9 && stderr.includes('is not what the stream is based on'),
    );
    await dmthin(['receive', 'given-up'], { ...other, input: whole.subarray(0, whole.length - 1000) });
    expect(await textOf(['rm', 'given-up'], other)).to.equal('given-up\n');
    expect(await jsonOf(['receive', '--pending'], other)).to.deep.equal([]);
    const empty = await dmthin(['receive', 'web-3'], { ...other, input: Buffer.alloc(0) });
    expect([empty.status, String(empty.stderr)]).to.satisfy(
      ([status, stderr]: [number, string]) =>
        status === 9 && /is empty\n +Give it what dmthin send writes/u.test(stderr),
    );
    for (const words of [['send'], ['send', 'web', '--resume', 'x'], ['receive'], ['receive', 'x', '--pending']])
      expect((await dmthin(words, other)).status, words.join(' ')).to.equal(2);
  });

  it('carry the metadata of the pool, which restore takes', async () => {
    const { root } = at;
    const { stdout: backup } = await dmthin(['pool', 'backup'], { root });
    const target = join(at.directory, 'restored');
    await writeFile(target, '');
    await truncate(target, 8 * 2 ** 20);
    const restored = await jsonOf<{ devices: number }>(['metadata', 'restore', '-i', '-', '-o', target], {
      root,
      input: backup,
    });
    expect(restored.devices).to.be.at.least(3);
    expect((await dmthin(['metadata', 'check', target], { root })).status).to.equal(0);
    const listed = await jsonOf<{ device: number; mappedBlocks: number }[]>(['metadata', 'ls', target], { root });
    const layers = await jsonOf<{ deviceId: number; mapped: number }[]>(['ls'], { root });
    for (const { deviceId, mapped } of layers)
      expect(listed.find(({ device }) => device === deviceId)?.mappedBlocks).to.equal(mapped / 65_536);
  });

  it('carry names that are no text, which changes shows on a line each', async function () {
    if (process.platform !== 'linux') skipCase(this, 'only Linux takes such names');
    const { root } = at;
    await textOf(['create', 'odd', '--parent', 'web'], { root });
    const directory = (await textOf(['mount', 'odd'], { root })).trim();
    const name = Buffer.from([0x66, 0xff]);
    await writeFile(Buffer.concat([Buffer.from(`${directory}/`), name]), '');
    await writeFile(join(directory, 'two\nlines\u001b[2J'), '');
    await textOf(['umount', 'odd'], { root });
    const lines = (await textOf(['changes', 'odd'], { root })).trimEnd().split('\n');
    expect(lines).to.deep.equal(['A /f\\xff', 'A /two\\x0alines\\x1b[2J']);
    expect(await jsonOf(['changes', 'odd'], { root })).to.deep.equal([
      { path: '/f\\xff', kind: 'add', rawPath: Buffer.from('/f\xff', 'latin1').toString('base64') },
      { path: '/two\nlines\u001b[2J', kind: 'add' },
    ]);
  });

  it('are a tar that tar reads', async function () {
    if (spawnSync('tar', ['--version']).error !== undefined) skipCase(this, 'tar is not installed');
    const { stdout } = await dmthin(['diff', 'web-1'], { root: at.root });
    const listed = spawnSync('tar', ['-t'], { input: stdout, encoding: 'utf8' });
    expect([listed.status, listed.stderr]).to.deep.equal([0, '']);
    expect(listed.stdout.trim().split('\n')).to.have.members(['etc/', 'etc/.wh.hosts', 'log', 'usr/']);
  });

  for (const words of [['export', 'web'], ['diff', 'web-1', '--parent', 'copy'], ['status', '--json'], ['ls']])
    it(`may be closed early: dmthin ${words.join(' ')} | head -c 10 ends quietly, and gives the root back`, async () => {
      const child = startDmthin(words, { root: at.root });
      child.stdin?.end();
      child.stdout?.once('data', () => child.stdout?.destroy());
      const { status, stderr } = await ended(child);
      // What was written before its reader went is no failure either.
      expect([0, 141]).to.include(status);
      expect(stderr).not.to.match(/Error|at .*:\d+|EPIPE/u);
      expect((await dmthin(['check'], { root: at.root })).status).to.equal(0);
    });

  it('closed from the start end a long answer with 141, as SIGPIPE does', async function () {
    if (process.platform === 'win32') skipCase(this, 'Windows has no such thing');
    const child = startDmthin(['export', 'web'], { root: at.root });
    child.stdout?.destroy();
    const { status, stderr } = await ended(child);
    expect([status, stderr]).to.deep.equal([141, '']);
    expect((await dmthin(['check'], { root: at.root })).stderr).to.equal('');
  });

  it('may be a device that is full', async function () {
    if (process.platform !== 'linux') skipCase(this, 'this is Linux alone');
    const { status, stderr } = spawnSync('sh', ['-c', `"$0" "$1" export web > /dev/full`, ...command()], {
      env: { ...process.env, DMTHIN_ROOT: at.root, DMTHIN_KERNEL: 'fake' },
      encoding: 'utf8',
    });
    expect([status, stderr.includes('cannot write to standard output: ENOSPC')], stderr).to.deep.equal([12, true]);
  });

  it('show a bar on a terminal only, and one line elsewhere', async function () {
    if (spawnSync('script', ['--version']).error !== undefined) skipCase(this, 'script is not installed');
    const file = join(at.directory, 'web.tar.gz');
    const { stderr } = await dmthin(['import', 'plain', file], { root: at.root });
    expect(stderr).to.match(/^import plain: \S+B in \d+\.\d s\n$/u);
    const [program = '', script = ''] = command();
    const line = `'${program}' '${script}' --root '${at.root}' --kernel fake import barred '${file}'`;
    const onTerminal = spawnSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8' });
    expect(onTerminal.stdout).to.include('import barred  ').and.include('100%').and.include('\u001b[?25h');
    expect(onTerminal.stdout).not.to.match(/import barred: /u);
  });

  it('refuse a tar to and from a terminal', async function () {
    if (spawnSync('script', ['--version']).error !== undefined) skipCase(this, 'script is not installed');
    const [program = '', script = ''] = command();
    for (const [words, message] of [
      ['export web', 'a tar is not written to a terminal'],
      ['apply web', 'standard input is a terminal'],
    ]) {
      const line = `'${program}' '${script}' --root '${at.root}' --kernel fake ${words}`;
      const said = spawnSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8' });
      expect([said.status, said.stdout.includes(message ?? '')], said.stdout).to.deep.equal([2, true]);
    }
  });
});

/** As `finished`, for a command whose answer nobody reads. */
async function ended(child: ChildProcess): Promise<{ status: number | null; stderr: string }> {
  const chunks: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stderr: Buffer.concat(chunks).toString() };
}
