import type { Kernel } from '@dmthin/ports';
import { expect } from 'chai';
import { KERNELS } from './kernels.ts';
import { deferredNodeCase, nodeCases } from './node-cases.ts';

for (const [name, open] of Object.entries(KERNELS))
  describe(`the nodes under /dev/mapper, where udev runs: ${name}`, () => {
    let kernel: Kernel;
    before(async () => {
      kernel = await open();
      expect(kernel.capabilities.udevSync).to.equal(true);
    });
    after(() => kernel.close());

    nodeCases(() => kernel);
    deferredNodeCase(() => kernel);
  });
