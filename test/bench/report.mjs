/** Makes docs/performance.md of what test/bench/lifecycles printed. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const STEPS = ['createMs', 'getMs', 'putMs', 'removeMs', 'totalMs'];
const NAMES = { floor: 'the floor', ioctl: 'dmthin, kernel `ioctl`', dmsetup: 'dmthin, kernel `dmsetup`' };

const runs = readFileSync(process.argv[2], 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const floor = runs.find(({ who }) => who === 'floor').times.totalMs;
const rows = runs.map(({ who, times }) => {
  const cells = STEPS.map((step) => `${times[step].toFixed(2)} ms`);
  return `| ${[NAMES[who], times.count, ...cells, (times.totalMs / floor).toFixed(1)].join(' | ')} |`;
});

console.log(`# Performance

Written by \`scripts/bench\`; run it again rather than edit this.

A layer's whole lifecycle on a real kernel: snapshot (create), activate and mount (get), unmount and deactivate (put),
delete (remove). Medians of one boot of the guest (user-mode-linux, one CPU), after a warm-up; the pool has blocks of
64 KiB and lies on loop devices over a tmpfs; layers are ext4 of 256 MiB. The floor is a C program (\`test/bench/floor.c\`)
that issues only the ioctls and mounts that nobody can do without, and keeps no records.

| who | rounds | create | get | put | remove | sum | against the floor |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Times of the guest are no times of hardware: a system call costs several times more in it, and starting a process 50 ms and
more, which is most of what \`dmsetup\` shows. The ratio is what to look at. Taken on ${cpus().length} CPUs
(${cpus()[0]?.model.trim() ?? 'unknown'}).`);
