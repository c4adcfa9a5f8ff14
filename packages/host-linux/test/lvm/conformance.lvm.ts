import { execFileSync } from 'node:child_process';
import { volumeGroupsConformance } from '@dmthin/conformance';
import { closeBench, openBench } from '../bench.ts';

volumeGroupsConformance('Linux', {
  setup: async () => openBench(),
  teardown: async (bench) => {
    removeGroups();
    await closeBench(bench);
  },
});

function removeGroups(): void {
  const groups = execFileSync('vgs', ['--noheadings', '-o', 'vg_name'], { encoding: 'utf8' });
  for (const group of groups.split('\n').map((line) => line.trim()))
    if (group.startsWith('dmthin-conformance')) execFileSync('vgremove', ['-f', '-y', group], { stdio: 'pipe' });
}
