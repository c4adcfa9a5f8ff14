import { volumeGroupsConformance } from '@dmthin/conformance';
import { createFakeKernel } from '@dmthin/kernel-fake';
import { benchOn, newScratch, removeScratch } from '../fixture.ts';

volumeGroupsConformance('the fake', {
  setup: async () => {
    const kernel = createFakeKernel();
    const { host, scratch } = benchOn(kernel, newScratch(), { kernel });
    const { volumeGroups } = host;
    return volumeGroups === undefined ? 'it was made without a kernel' : { ...host, volumeGroups, scratch };
  },
  teardown: async ({ scratch }) => removeScratch(scratch),
});
