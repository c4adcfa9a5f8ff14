import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DmError } from '@dmthin/domain';
import { openControlDevice } from '@dmthin/kernel-ioctl';
import { expect } from 'chai';

describe('a control device that is not there', () => {
  it('is UNAVAILABLE, and the remedy says what helps', () => {
    const directory = mkdtempSync(join(tmpdir(), 'dmthin-'));
    try {
      openControlDevice(join(directory, 'control'));
      expect.fail('it opened');
    } catch (error) {
      if (!DmError.is(error, 'UNAVAILABLE')) throw error;
      if (process.platform === 'linux') expect(error.remedy).to.include('modprobe dm_mod');
      else expect(error.message).to.include(process.platform);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
