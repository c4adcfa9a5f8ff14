/** `report.js GUEST.json FAKE.json COMMAND`: writes docs/performance.md and its curves from what the bench measured. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from '../e2e/support/dmthin.ts';
import type { DiffFigures } from './changed-tree.ts';
import type { SnapshotterFigures } from './containerd-figures.ts';
import { type Curve, curveSvg } from './curve.ts';
import type { FakeFigures } from './fake.ts';
import type { GuestFigures, Row } from './guest.ts';
import { number, type Target, targets } from './targets.ts';

const NAMES: Readonly<Record<string, string>> = {
  floor: 'the floor',
  ioctl: 'dmthin, kernel `ioctl`',
  'ioctl-own-pool': 'the same over a pool of its own, which discards what it deletes',
  dmsetup: 'dmthin, kernel `dmsetup`',
  'docker-devicemapper': 'its own devicemapper driver',
  'docker-dmthin': 'dmthin behind its plugin socket (kernel `ioctl`)',
  'containerd-devmapper': 'its own devmapper snapshotter',
  'containerd-dmthin': 'dmthin behind its socket (kernel `ioctl`)',
};
/** Written by hand, with how it was measured. */
const PROFILE = 'profile.md';

const [guestFile = '', fakeFile = '', command = ''] = process.argv.slice(2);
const guest = JSON.parse(readFileSync(guestFile, 'utf8')) as GuestFigures;
const fake = JSON.parse(readFileSync(fakeFile, 'utf8')) as FakeFigures;
const docs = join(CHECKOUT, 'docs');
mkdirSync(join(docs, 'performance'), { recursive: true });
for (const [name, curve] of Object.entries(curves(fake)))
  writeFileSync(join(docs, 'performance', `${name}.svg`), curveSvg(curve));
writeFileSync(join(docs, 'performance.md'), page());

function page(): string {
  const inProcess = guest.rows.filter(({ name }) => !name.startsWith('docker-'));
  const behindDocker = guest.rows.filter(({ name }) => name.startsWith('docker-'));
  return `# Performance

Written by \`${command}\`; run it again rather than edit this. The last section is docs/performance/profile.md, written by hand.

${cpus().length} CPUs (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}, guest kernel ${guest.kernel}.
Times of the guest (user-mode-linux, one CPU, beside whatever else the machine does) are no times of hardware: a system call
takes ten times as long there and a process 50 ms and more to start. What counts is the ratio to the floor, which is taken
in turns of ten rounds with everything else, so that all have the same moments of a busy machine (its load average when this was
written: ${loadavg()[1]?.toFixed(1)}). Figures of the fake are in CPU time, for the same reason.

## Targets

| what | target | measured | met |
| --- | --- | --- | --- |
${targets(guest, fake).map(targetRow).join('\n')}

## A layer's lifecycle on a real kernel

Snapshot (create), activate and mount (get), unmount and deactivate (put), delete (remove): medians and, in brackets, the
99th of 100, in milliseconds; a pool with blocks of 64 KiB on loop devices over a tmpfs, ext4 of 256 MiB. The floor is a C
program (\`test/bench/floor.c\`) that issues only the ioctls and mounts that nobody can do without: no records, no root
directory in the layer, no check of the pool's space.

${table(inProcess)}

## Behind dockerd 20.10

By dockerd's own API on one connection: \`make\` makes a container's two layers and mounts one for a moment, \`look\` mounts and
unmounts one, \`remove\` removes both.

${table(behindDocker)}

${diffText(guest.diff)}

## Behind containerd

Through one containerd, one after the other: a snapshot prepared from a parent, committed, viewed and removed (with the
garbage collection that takes it), and layers on one another, each prepared, mounted, written to, unmounted and committed.
Milliseconds; medians, means where a whole run was timed.

${containerdTable(guest.containerd ?? [])}

## Growth, on the fake

![create by number of layers](performance/create.svg)
![open by number of layers](performance/open.svg)
![memory by number of layers](performance/memory.svg)
![create by depth](performance/depth.svg)
![lifecycles at once](performance/at-once.svg)

${readFileSync(join(docs, 'performance', PROFILE), 'utf8').replaceAll('](../', '](')}`;
}

function diffText(diff: DiffFigures | undefined): string {
  if (diff === undefined) return '';
  const { files, changed, rounds, times } = diff;
  const parts = Object.entries(times).map(
    ([name, { median, p99 }]) => `${NAMES[name] ?? name} ${number(median)} (${number(p99)})`,
  );
  return `\`docker diff\` of a container with ${changed} changed files in a tree of ${number(files)}, ${rounds} in turns: ${parts.join(', ')} ms.`;
}

function containerdTable(all: readonly SnapshotterFigures[]): string {
  const rows = all.map(({ snapshotter, rounds, layers, ...times }) => {
    const { prepareEmptyMs, prepareMs, viewMs, commitMs, removeMs, layerMs } = times;
    const cells = [prepareEmptyMs, prepareMs, viewMs, commitMs, removeMs, layerMs].map(number);
    return `| ${[NAMES[`containerd-${snapshotter}`], rounds, ...cells].join(' | ')} |`;
  });
  const steps = ['prepare without a parent', 'prepare', 'view', 'commit', 'remove (mean)'];
  const head = ['who', 'rounds', ...steps, `one of ${all[0]?.layers ?? 0} stacked layers (mean)`];
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows].join('\n');
}

function targetRow({ what, target, measured, isMet }: Target): string {
  const met = isMet === undefined ? '' : isMet ? 'yes' : 'no';
  return `| ${what} | ${target} | ${measured ?? 'not measured yet'} | ${met} |`;
}

function table(rows: readonly Row[]): string {
  const steps = Object.keys(rows[0]?.steps ?? {});
  const lines = rows.map(({ name, rounds, steps: all, sum, floors }) => {
    const cells = steps.map((step) => `${number(all[step]?.median ?? 0)} (${number(all[step]?.p99 ?? 0)})`);
    return `| ${[NAMES[name] ?? name, rounds, ...cells, number(sum), number(floors)].join(' | ')} |`;
  });
  const head = ['who', 'rounds', ...steps, 'sum of medians', 'floors'];
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...lines].join('\n');
}

function curves({ sizes, depth, atOnce }: FakeFigures): Readonly<Record<string, Curve>> {
  const layers = 'layers in the root';
  return {
    create: {
      title: 'Making one layer more',
      x: layers,
      y: 'milliseconds of CPU',
      points: sizes.map((size) => [size.layers, size.create]),
    },
    open: {
      title: 'Opening a root',
      x: layers,
      y: 'milliseconds of CPU',
      points: sizes.map((size) => [size.layers, size.open]),
    },
    memory: {
      title: 'Memory that an open root holds',
      x: layers,
      y: 'MiB',
      points: sizes.map((size) => [size.layers, size.memory / 2 ** 20]),
    },
    depth: {
      title: 'Making a layer on a chain of layers',
      x: 'how many it stands on',
      y: 'milliseconds of CPU',
      points: depth.map((one) => [one.depth, one.create]),
    },
    'at-once': {
      title: 'Lifecycles at once, a lifecycle',
      x: 'at once',
      y: 'milliseconds of CPU',
      points: atOnce.map((one) => [one.atOnce, one.each]),
    },
  };
}
