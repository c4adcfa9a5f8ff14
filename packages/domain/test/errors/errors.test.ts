import { codeOfErrno, commandError, DmError, ERRNO, type ErrnoName, errnoName } from '@dmthin/domain';
import { expect } from 'chai';

describe('DmError', () => {
  it('carries what code and people need, and its cause', () => {
    const cause = new Error('disk');
    const error = new DmError('BUSY', 'cannot remove "a"', {
      errno: 'EBUSY',
      operation: 'remove',
      subject: 'a',
      cause,
    });
    expect(error).to.be.an.instanceOf(Error);
    expect(error).to.include({
      name: 'DmError',
      code: 'BUSY',
      errno: 'EBUSY',
      operation: 'remove',
      subject: 'a',
      cause,
    });
    expect(new DmError('IO', 'x')).not.to.have.own.property('cause');
  });

  it('is known by its class and codes', () => {
    const error: unknown = new DmError('BUSY', 'x');
    expect(DmError.is(error)).to.equal(true);
    expect(DmError.is(error, 'IO', 'BUSY')).to.equal(true);
    expect(DmError.is(error, 'IO')).to.equal(false);
    expect(DmError.is(new Error('BUSY'))).to.equal(false);
  });
});

describe('errno', () => {
  it('has a name for every value and a code for every name', () => {
    for (const [name, value] of Object.entries(ERRNO)) {
      expect(errnoName(value)).to.equal(name);
      expect(codeOfErrno(name as ErrnoName)).to.be.a('string');
    }
    expect(errnoName(0)).to.equal(undefined);
  });

  it('means another thing from some commands (dm-kernel.md 0.2, 2.2, 3.3)', () => {
    expect(codeOfErrno('EBUSY', 'remove')).to.equal('BUSY');
    expect(codeOfErrno('EBUSY', 'create')).to.equal('ALREADY_EXISTS');
    expect(codeOfErrno('EBUSY', 'rename')).to.equal('ALREADY_EXISTS');
    expect(codeOfErrno('ENXIO', 'create')).to.equal('ALREADY_EXISTS');
    expect(codeOfErrno('ENXIO', 'status')).to.equal('NOT_FOUND');
    expect(codeOfErrno('EOPNOTSUPP', 'message')).to.equal('READ_ONLY');
    expect(codeOfErrno('EOPNOTSUPP')).to.equal('NOT_SUPPORTED');
  });

  it('of a failed command becomes an error that says what was asked of which device', () => {
    const error = commandError('message', 'pool', 'EEXIST', { argument: 'create_thin 1', remedy: 'r' });
    expect(error).to.include({
      code: 'ALREADY_EXISTS',
      errno: 'EEXIST',
      operation: 'message',
      subject: 'pool',
      remedy: 'r',
    });
    expect(error.message).to.equal('device-mapper: message "create_thin 1" on "pool" failed: EEXIST');
  });
});
