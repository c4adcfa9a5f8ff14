import { hostConformance } from '@dmthin/conformance';
import { openBench, removeScratch } from './fixture.ts';

const isRoot = process.geteuid?.() === 0;

hostConformance('the fake', {
  setup: async () => {
    const { host, scratch } = openBench();
    return {
      ...host,
      scratch,
      lacks: {
        ...(isRoot ? {} : { ownership: 'not root' }),
        ...(process.platform === 'linux' ? {} : { byteNames: `not on ${process.platform}` }),
      },
    };
  },
  teardown: async ({ scratch }) => removeScratch(scratch),
});
