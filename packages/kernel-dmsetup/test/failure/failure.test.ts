import type { DmError } from '@dmthin/domain';
import type { RunResult } from '@dmthin/kernel-dmsetup';
import { expect } from 'chai';
import { failureOf, nodeFailureOf } from '#internal/failure/failure';
import { recorded } from '../fixtures/outputs.ts';

/** What the last run recorded under a name failed with. */
function failure(note: string, operation: string, device?: string): DmError {
  return failureOf(recorded(note).at(-1) as RunResult, { operation, device });
}

const ODD = 'q q\t"ü\\x#';

describe('what dmsetup says', () => {
  const cases: readonly (readonly [note: string, operation: string, device: string, expected: string])[] = [
    ['create, name taken', 'create', ODD, 'create: ALREADY_EXISTS EBUSY'],
    ['create, uuid taken', 'create', 'other', 'create: ALREADY_EXISTS EBUSY'],
    ['create, minor taken', 'create', 'other', 'create: ALREADY_EXISTS ENXIO'],
    ['activation, no such target', 'create', 'bad', 'load: INVALID_ARGUMENT EINVAL'],
    ['activation, no such thin', 'create', 'bad', 'load: NO_DATA ENODATA'],
    ['activation, name taken', 'create', 'pool', 'create: ALREADY_EXISTS EBUSY'],
    ['load, no such path', 'load', ODD, 'load: NOT_FOUND ENODEV'],
    ['load, no such number', 'load', ODD, 'load: NOT_FOUND ENXIO'],
    ['load, number too large', 'load', ODD, 'load: INVALID_ARGUMENT EOVERFLOW'],
    ['load, empty', 'load', ODD, 'load: INVALID_ARGUMENT EINVAL'],
    ['load, no device', 'load', 'nope', 'load: NOT_FOUND ENXIO'],
    ['resume, suspended without table', 'resume', ODD, 'resume: INVALID_ARGUMENT EINVAL'],
    ['info, no device', 'info', 'nope', 'info: NOT_FOUND ENXIO'],
    ['status, no device', 'status', 'nope', 'status: NOT_FOUND ENXIO'],
    ['remove, no device', 'remove', 'nope', 'remove: NOT_FOUND ENXIO'],
    ['remove, in use', 'remove', 'pool', 'remove: BUSY EBUSY'],
    ['create_thin, taken', 'message', 'pool', 'message: ALREADY_EXISTS EEXIST'],
    ['create_snap, no origin', 'message', 'pool', 'message: NO_DATA ENODATA'],
    ['unknown message', 'message', 'pool', 'message: INVALID_ARGUMENT EINVAL'],
    ['delete, in use', 'message', 'pool', 'message: BUSY EBUSY'],
    ['message, read-only pool', 'message', 'pool', 'message: READ_ONLY EOPNOTSUPP'],
    ['without rights', 'version', '', 'version: NOT_PERMITTED EACCES'],
    ['without the capability', 'version', '', 'version: NOT_PERMITTED EACCES'],
    ['unknown option', 'version', '', 'version: NOT_SUPPORTED undefined'],
    ['killed', 'waitEvent', 'thin', 'waitEvent: UNAVAILABLE undefined'],
  ];
  for (const [note, asked, device, expected] of cases)
    it(`becomes the error it stands for: ${note}`, () => {
      const { operation, code, errno } = failure(note, asked, device);
      expect(`${operation}: ${code} ${errno}`).to.equal(expected);
    });

  it('where there is no driver tells how to get one', () => {
    // Said by a machine whose kernel has no device-mapper.
    const stderr = [
      '/dev/mapper/control: open failed: No such device',
      'Failure to communicate with kernel device-mapper driver.',
      'Check that device-mapper is available in the kernel.',
      'Incompatible libdevmapper 1.02.185 (2022-05-18) and kernel driver (unknown version).',
      'Command failed.\n',
    ].join('\n');
    const error = failureOf({ exitCode: 1, signal: undefined, stdout: '', stderr }, { operation: 'version' });
    expect(error).to.include({ code: 'UNAVAILABLE', errno: 'ENODEV' });
    expect(error.remedy).to.include('modprobe');
  });

  it('where rights are missing tells which', () => {
    expect(failure('without rights', 'version').remedy).to.include('CAP_SYS_ADMIN');
  });

  it('after a kill tells that nothing is known', () => {
    const error = failure('killed', 'suspend', 'thin');
    expect(error.message).to.include('suspend on "thin"').and.include('SIGKILL');
    expect(error.remedy).to.include('not known');
  });

  it('names its cause where the removal of the half-made device fails too', () => {
    const [run] = recorded('activation, no such target');
    const stderr = (run as RunResult).stderr.replace(
      'Command failed.',
      'device-mapper: remove ioctl on bad  failed: Device or resource busy\nCommand failed.',
    );
    const { code, undoError } = failureOf({ ...(run as RunResult), stderr }, { operation: 'create', device: 'bad' });
    expect(code).to.equal('INVALID_ARGUMENT');
    expect(undoError).to.include({ code: 'BUSY', operation: 'remove' });
  });

  it('is not misled by a name that looks like an error', () => {
    const device = 'x failed: File exists\ndevice-mapper: remove ioctl on y  failed: No data available';
    const stderr = `device-mapper: suspend ioctl on ${device}  failed: No such device or address\nCommand failed.\n`;
    const error = failureOf({ exitCode: 1, signal: undefined, stdout: '', stderr }, { operation: 'suspend', device });
    expect(error).to.include({ code: 'NOT_FOUND', errno: 'ENXIO', undoError: undefined });
  });

  it('in words nobody knows is handed on', () => {
    const stderr = 'Something new went wrong.\nCommand failed.\n';
    const error = failureOf(
      { exitCode: 1, signal: undefined, stdout: '', stderr },
      { operation: 'clear', device: 'a' },
    );
    expect(error.code).to.equal('IO');
    expect(error.message).to.equal('device-mapper: clear on "a": dmsetup failed: Something new went wrong.');
  });

  it('of a file where the node should be is an error, though the program ends well', () => {
    const [run] = recorded('a file where the node should be') as unknown as [RunResult];
    expect(run.exitCode).to.equal(0);
    expect(nodeFailureOf(run, { operation: 'create', device: 'file' })).to.include({ code: 'CONFLICT' });
    const stderr = '/dev/mapper/a: mknod for a failed: Read-only file system\n';
    const error = nodeFailureOf({ ...run, stderr }, { operation: 'resume', device: 'a' });
    expect(error).to.include({ code: 'IO', errno: 'EROFS' });
  });
});
