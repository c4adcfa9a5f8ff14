/** What bite.test.ts runs: the suite over each lying kernel. */
import { kernelConformance } from '@dmthin/conformance';
import type { Kernel } from '@dmthin/ports';
import { fake } from './fake-setup.ts';
import { LIES } from './lies.ts';

for (const [what, lie] of Object.entries(LIES))
  kernelConformance(
    what,
    fake('6.1.176', (kernel) => withLie(kernel, lie(kernel))),
  );

function withLie(kernel: Kernel, lie: Partial<Kernel>): Kernel {
  return new Proxy(kernel, {
    get: (target, key) => {
      const teller = key in lie ? lie : target;
      const value: unknown = Reflect.get(teller, key);
      return typeof value === 'function' ? value.bind(teller) : value;
    },
  });
}
