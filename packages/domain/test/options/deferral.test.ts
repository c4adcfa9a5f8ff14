import { parseStorageOptions, resolveDeferral } from '@dmthin/domain';
import { expect } from 'chai';
import { codeOf, errorOf } from '../code-of.ts';

const CAN = { deferredRemove: true };
const CANNOT = { deferredRemove: false };
const wish = (deferredRemoval?: boolean, deferredDeletion?: boolean) => ({ deferredRemoval, deferredDeletion });

describe('deferral', () => {
  it('is on where the kernel can, and off where it cannot', () => {
    expect(resolveDeferral(parseStorageOptions([]), CAN)).to.deep.equal({ removal: true, deletion: true });
    expect(resolveDeferral(parseStorageOptions([]), CANNOT)).to.deep.equal({ removal: false, deletion: false });
  });

  it('of deletion follows that of removal, so that one false is enough (defect 13)', () => {
    const options = parseStorageOptions(['dm.use_deferred_removal=false']);
    expect(resolveDeferral(options, CAN)).to.deep.equal({ removal: false, deletion: false });
    expect(resolveDeferral(wish(true), CAN)).to.deep.equal({ removal: true, deletion: true });
    expect(resolveDeferral(wish(undefined, false), CAN)).to.deep.equal({ removal: true, deletion: false });
  });

  it('never deletes later what it removes at once', () => {
    for (const removal of [undefined, true, false])
      for (const deletion of [undefined, true, false])
        for (const kernel of [CAN, CANNOT]) {
          const attempt = () => resolveDeferral(wish(removal, deletion), kernel);
          if (codeOf(attempt) !== 'none') continue;
          const resolved = attempt();
          expect(resolved.deletion && !resolved.removal).to.equal(false);
          expect(resolved.removal && !kernel.deferredRemove).to.equal(false);
          if (removal !== undefined) expect(resolved.removal).to.equal(removal);
          if (deletion !== undefined) expect(resolved.deletion).to.equal(deletion);
        }
  });

  it("is refused with Docker's texts", () => {
    const error = errorOf(() => resolveDeferral(wish(true), CANNOT));
    expect(error?.code).to.equal('NOT_SUPPORTED');
    expect(error?.message).to.equal('devmapper: Deferred removal can not be enabled as kernel does not support it');
    for (const attempt of [
      () => resolveDeferral(wish(false, true), CAN),
      () => resolveDeferral(wish(undefined, true), CANNOT),
    ])
      expect(errorOf(attempt)?.message).to.include('Deferred deletion can not be enabled as deferred removal is not');
  });
});
