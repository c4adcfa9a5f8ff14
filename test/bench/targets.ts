import type { SnapshotterFigures } from './containerd-figures.ts';
import type { FakeFigures } from './fake.ts';
import type { GuestFigures, Row } from './guest.ts';

/** A row of the table: what was aimed at, and what came of it. */
export interface Target {
  readonly what: string;
  readonly target: string;
  /** Undefined: not measured yet. */
  readonly measured?: string | undefined;
  readonly isMet?: boolean | undefined;
}

export function targets(
  { rows, loop, diff, containerd }: GuestFigures,
  fake: FakeFigures | undefined,
): readonly Target[] {
  const row = (name: string): Row | undefined => rows.find((one) => one.name === name);
  const ioctl = row('ioctl');
  const [plugin, native] = [row('docker-dmthin'), row('docker-devicemapper')];
  const [ours, theirs] = ['dmthin', 'devmapper'].map((name) =>
    containerd?.find(({ snapshotter }) => snapshotter === name),
  );
  return [
    below('create + get + put + remove, kernel `ioctl`, in process, records durable', 1.5, ioctl?.floors, 'floors'),
    below(
      "the same behind Docker's plugin socket, against Docker's native driver in dockerd",
      1,
      ratio(plugin?.sum, native?.sum),
    ),
    below(
      "prepare + commit + remove behind containerd's socket, against containerd's devmapper",
      1 / 20,
      ratio(lifecycleOf(ours), lifecycleOf(theirs)),
    ),
    below(`each of ${theirs?.layers ?? 128} stacked layers, the same`, 1 / 10, ratio(ours?.layerMs, theirs?.layerMs)),
    below(
      "create + get + put + remove, kernel `dmsetup`, in process, against prepare + commit + remove of containerd's devmapper",
      1,
      ratio(row('dmsetup')?.sum, lifecycleOf(theirs)),
    ),
    below('64 lifecycles at once, against one after another', 0.7, ratio(loop?.together['each'], loop?.alone['each'])),
    below(
      'event loop delay during lifecycles, p99, beyond that of an idle process beside them',
      5,
      beyond(loop?.alone['p99'], loop?.idle['p99']),
      'ms',
    ),
    below('status while four lifecycles go on, p99', 5, loop?.status['p99'], 'ms'),
    below(
      "diff of 100 changed files in 50,000 behind dockerd, against Docker's naive diff",
      0.5,
      ratio(diff?.times['docker-dmthin']?.median, diff?.times['docker-devicemapper']?.median),
    ),
    ...(fake === undefined ? [] : fakeTargets(fake)),
  ];
}

function lifecycleOf(figures: SnapshotterFigures | undefined): number | undefined {
  return figures && figures.prepareMs + figures.commitMs + figures.removeMs;
}

function fakeTargets(fake: FakeFigures): readonly Target[] {
  const size = (layers: number): FakeFigures['sizes'][number] | undefined =>
    fake.sizes.find((figures) => figures.layers === layers);
  const [few, many, most] = [size(10), size(10_000), size(100_000)];
  const perLayer = few && most ? (most.memory - few.memory) / (most.layers - few.layers) : undefined;
  return [
    below('create with 100,000 layers, against with 10 (fake)', 1.2, ratio(most?.create, few?.create)),
    below('open with 10,000 layers (fake)', 300, many?.open, 'ms of CPU'),
    below('open with 100,000 layers (fake)', 2000, most?.open, 'ms of CPU'),
    below('memory of a layer (fake)', 1536, perLayer, 'bytes'),
    above('create + delete through the port of the fake kernel', 20_000, fake.lifecyclesPerSecond, 'a second of CPU'),
    above('written to a thin device of the fake kernel', 1000, fake.writtenPerSecond / 1e6, 'MB a second of CPU'),
    below('whole stack on the fake, opened and closed', 20, fake.wholeStack, 'ms of CPU'),
    below('`dmthin status` from the shell (fake)', 150, fake.statusCommand, 'ms by the clock'),
  ];
}

function below(what: string, limit: number, value: number | undefined, unit = ''): Target {
  return figure(what, `at most ${number(limit)} ${unit}`, value, unit, (measured) => measured <= limit);
}

function above(what: string, limit: number, value: number, unit: string): Target {
  return figure(what, `at least ${number(limit)} ${unit}`, value, unit, (measured) => measured >= limit);
}

function figure(
  what: string,
  target: string,
  value: number | undefined,
  unit: string,
  isMet: (value: number) => boolean,
): Target {
  if (value === undefined) return { what, target: target.trim() };
  return { what, target: target.trim(), measured: `${number(value)} ${unit}`.trim(), isMet: isMet(value) };
}

function ratio(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}

function beyond(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : Math.max(0, one - other);
}

export function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
}
