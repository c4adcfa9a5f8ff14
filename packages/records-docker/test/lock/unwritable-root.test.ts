import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skipCase } from '@dmthin/conformance';
import { DmError } from '@dmthin/domain';
import { takeRootLock } from '@dmthin/records-docker';
import { expect } from 'chai';

describe('a root that takes no files', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'unwritable-root-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const refusal = async (root: string): Promise<DmError> => {
    const error: unknown = await takeRootLock(root).then(
      (lock) => lock.release(),
      (met: unknown) => met,
    );
    if (!DmError.is(error)) throw error;
    return error;
  };

  it('is refused below a file, and says what to do', async () => {
    await writeFile(join(directory, 'file'), '');
    const error = await refusal(join(directory, 'file', 'root'));
    expect([error.code, error.errno]).to.deep.equal(['INVALID_ARGUMENT', 'ENOTDIR']);
    expect(error.remedy).to.include('Name another root');
  });

  it('is refused where a file system makes no directories, and does not try for ever', async function () {
    if (process.platform !== 'linux') skipCase(this, 'this is Linux alone');
    const error = await refusal('/proc/dmthin/root');
    expect([error.code, error.errno]).to.deep.equal(['NOT_FOUND', 'ENOENT']);
    expect(error.remedy).to.include('Name a root where directories can be made');
  });

  it('is made with all that is missing above it', async () => {
    await (await takeRootLock(join(directory, 'a', 'b', 'c'))).release();
    await (await takeRootLock(join(directory, 'a', 'b', 'c'))).release();
  });
});
