/** `report.js GUEST.json FAKE.json COMMAND`: writes docs/performance.md and its curves from what the bench measured. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from '../e2e/support/dmthin.ts';
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
};

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

Written by \`${command}\`; run it again rather than edit this.

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

### Where the time of \`ioctl\` goes

An operation is one message to a worker thread and one back; a create is two, since whether the pool has room and the origin
is quiet is known before anything is begun. In a profile of the thread (milliseconds, beside a floor of 4.6):

| hop | what it does | in the thread |
| --- | --- | --- |
| create, 1 | status of the pool, state of the origin | 0.2 |
| create, 2 | intent saved (0.25), \`create_snap\` (0.3), record saved (0.25), \`set_transaction_id\` (0.2) | 0.8–1.0 |
| get | create, load, resume (0.85), its node (0.3), mount point (0.1), mount (3.3), \`rootfs\` (0.4), \`id\` (0.4) | 5.5–6.3 |
| put | syncfs (1.3), umount (0.6), mount point (0.1), removal and node (0.4) | 2.4 |
| remove | intent saved (0.25), \`delete\` (0.35), record removed (0.15), \`set_transaction_id\` (0.2) | 0.8–1.0 |

So some 2.2 floors are spent in the thread, and 1.6 of them in system calls: the floor's own; four saves that last (about 0.9 ms:
open, write, fsync, close, rename, and open, fsync, close of the directory); the layer's \`rootfs\` and \`id\`, which Docker
makes too (0.8 ms); and writing them back before the unmount (1.3 ms), so that what could not be kept is told. The rest is
the five hops, of 0.3 to 0.5 ms each on the guest's one CPU (two context switches, an eventfd each way), and JavaScript on both
sides. The profile was taken by hand, by clocks in the thread, when hops were put together (decision 0053).

## Behind dockerd 20.10

By dockerd's own API on one connection: \`make\` makes a container's two layers and mounts one for a moment, \`look\` mounts and
unmounts one, \`remove\` removes both.

${table(behindDocker)}

A call of the plugin that does nothing (\`Exists\`) takes 3 ms of the guest's one CPU (HTTP in Node, a change of process each
way); asked by another client on the same socket a create with a parent takes 9 ms, a get 15, a put 9, a remove 8. The rest of what
dockerd takes longer than with its own driver lies between dockerd and the socket, and is not understood yet.

## Growth, on the fake

![create by number of layers](performance/create.svg)
![open by number of layers](performance/open.svg)
![memory by number of layers](performance/memory.svg)
![create by depth](performance/depth.svg)
![lifecycles at once](performance/at-once.svg)
`;
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
