import { DmError, explainRefusedLoad, isRefusedLoad, sectors, zeroTable } from '@dmthin/domain';
import { expect } from 'chai';

const refusal = new DmError('INVALID_ARGUMENT', 'load failed', { errno: 'EINVAL', operation: 'load', subject: 'a' });
const tables = [zeroTable(sectors(8))];

describe('a load that is refused', () => {
  it('names the target that the kernel does not have, and what brings it', () => {
    const told = explainRefusedLoad(refusal, tables, [{ type: 'linear' }]);
    expect(told).to.include({ code: 'INVALID_ARGUMENT', errno: 'EINVAL', operation: 'load', subject: 'a' });
    expect(told.message).to.equal('load failed: this kernel has no target "zero"');
    expect(told.remedy).to.equal('Load its module, if there is one: modprobe dm-zero.');
  });

  it('is left as it is where the kernel has them all', () => {
    expect(explainRefusedLoad(refusal, tables, [{ type: 'linear' }, { type: 'zero' }])).to.equal(refusal);
  });

  it('may have that reason only with the errno of any bad table', () => {
    expect(isRefusedLoad(refusal)).to.equal(true);
    expect(isRefusedLoad(new DmError('BUSY', 'x', { errno: 'EBUSY', operation: 'load' }))).to.equal(false);
    expect(isRefusedLoad(new DmError('INVALID_ARGUMENT', 'x', { errno: 'EINVAL', operation: 'message' }))).to.equal(
      false,
    );
  });
});
