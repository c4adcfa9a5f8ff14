import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DmError, type KernelName, openGraphDriver } from 'dmthin';

/** Whether some driver answers here; then what is below is tested with it in the guest (`*.guest.ts`). */
const hasDeviceMapper = existsSync('/sys/class/misc/device-mapper');

describe('a machine', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dmthin-machine-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  for (const kernel of ['ioctl', 'dmsetup'] satisfies readonly KernelName[])
    (hasDeviceMapper ? it.skip : it)(`without device-mapper says so to kernel ${kernel}, and what helps`, async () => {
      const root = join(directory, 'root');
      const failure: unknown = await openGraphDriver({ root, kernel }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(DmError);
      const { code, remedy } = failure as DmError;
      expect(code).to.be.oneOf(['UNAVAILABLE', 'NOT_PERMITTED']);
      expect(remedy).to.match(/\S+ Kernel "fake" needs no device-mapper and no rights\.$/u);
      // The root is nobody's again.
      await (await openGraphDriver({ root, kernel: 'fake' })).close();
    });

  it('in memory needs no native module', () => {
    const script = `
      import { openGraphDriver } from 'dmthin';
      await (await openGraphDriver({ root: process.argv[1], kernel: 'fake' })).close();
      const natives = process.report.getReport().sharedObjects.filter((name) => name.endsWith('.node'));
      console.log(JSON.stringify(natives));`;
    const root = join(directory, 'root');
    const args = ['--input-type=module', '--eval', script, root];
    expect(execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' })).to.equal('[]\n');
  });
});
