import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf } from '@dmthin/conformance';
import type { DmError } from '@dmthin/domain';
import { expect } from 'chai';
import { runTool } from '#internal/filesystem/run-tool';

describe('a tool of a filesystem', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'dmthin-tool-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  function tool(script: string): string {
    const path = join(directory, 'mkfs.xfs');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it('gets its arguments as they are, no terminal, and C words', async () => {
    const out = join(directory, 'out');
    await runTool([tool(`printf '%s|' "$@" "$LC_ALL" >${out}; cat >>${out}`), '-O ^x', "a'$(id)b", ''], '/dev/x');
    expect(readFileSync(out, 'utf8')).to.equal("-O ^x|a'$(id)b||C|");
  });

  it('fails with what can be told from its words, which the error shows', async () => {
    const said = (words: string): Promise<DmError> =>
      failureOf(runTool([tool(`echo '${words}' >&2; exit 1`)], '/dev/x'));
    const full = await said('mkfs.xfs: pwrite failed: No space left on device');
    expect(full).to.include({ code: 'NO_SPACE', errno: 'ENOSPC', subject: '/dev/x' });
    expect(full.message).to.include('pwrite failed');
    expect((await said('Input/output error while writing')).code).to.equal('IO');
    expect((await said('/dev/x is mounted; will not make a filesystem here!')).code).to.equal('BUSY');
    const other = await said('unknown option -Q');
    expect(other.code).to.equal('INVALID_ARGUMENT');
    expect(other.remedy).to.include('dm.mkfsarg');
  });

  it('says what to install where it is missing', async () => {
    const error = await failureOf(runTool(['mkfs.ext4-no-such-tool'], '/dev/x'));
    expect(error.code).to.equal('NOT_SUPPORTED');
    expect(error.remedy).to.equal('Install it (package e2fsprogs).');
  });

  it('is killed when the caller gives up', async () => {
    const controller = new AbortController();
    const run = runTool([tool('exec sleep 60')], '/dev/x', controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 50);
    const error = await failureOf(run);
    expect(error.code).to.equal('ABORTED');
    expect((error.cause as Error).message).to.equal('enough');
    expect((await failureOf(runTool([tool('exit 0')], '/dev/x', controller.signal))).code).to.equal('ABORTED');
  });
});
