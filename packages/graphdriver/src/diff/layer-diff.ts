import { type Bytes, bytes, type VolumeId } from '@dmthin/domain';
import { withAnyOf } from '@dmthin/engine';
import type { CancelSignal } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import type { Change } from '../graph-driver.ts';
import { bytesOfPath, showPath, textOfPath } from '../path/raw-path.ts';
import { compareTrees, type TreeChange } from '../tree/compare-trees.ts';
import { applyDiff } from './apply-diff.ts';
import { exportDiff, sizeOfChanges } from './export-diff.ts';
import { SecondWatch } from './second-watch.ts';
import { type MountedRoots, streamWhileMounted, whileMounted } from './while-mounted.ts';

/** See `GraphDriver.changes`. */
export function layerChanges(
  context: DriverContext,
  id: VolumeId,
  parent: VolumeId | undefined,
  signal?: CancelSignal,
): Promise<readonly Change[]> {
  return untilClosed(context, signal, (either) =>
    whileMounted(context, id, parent, either, async (roots) => {
      const changes: Change[] = [];
      for await (const change of compare(context, roots, either)) changes.push(changeOf(change));
      return changes;
    }),
  );
}

/** See `GraphDriver.diffSize`. */
export function layerDiffSize(
  context: DriverContext,
  id: VolumeId,
  parent: VolumeId | undefined,
  signal?: CancelSignal,
): Promise<Bytes> {
  return untilClosed(context, signal, (either) =>
    whileMounted(context, id, parent, either, (roots) => sizeOfChanges(compare(context, roots, either))),
  );
}

/** See `GraphDriver.diff`. */
export async function* layerDiff(
  context: DriverContext,
  id: VolumeId,
  parent: VolumeId | undefined,
  signal?: CancelSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { clock, fileAttributes: attributes } = context.ports;
  const watch = new SecondWatch(clock);
  yield* streamWhileMounted(context, id, parent, signal, (roots) =>
    exportDiff(roots[0], compare(context, roots, signal), {
      attributes,
      idMaps: context.settings.idMaps,
      now: clock.now(),
      signal,
      onFile: (stat) => watch.see(stat.modifiedNs),
    }),
  );
  if (parent !== undefined) await watch.passed(signal);
}

/** See `GraphDriver.applyDiff`. */
export function applyLayerDiff(
  context: DriverContext,
  id: VolumeId,
  tar: AsyncIterable<Uint8Array>,
  signal?: CancelSignal,
): Promise<Bytes> {
  const { fileAttributes: attributes, log, mounts } = context.ports;
  return untilClosed(context, signal, (either) =>
    whileMounted(context, id, undefined, either, async ([root]) => {
      const { idMaps } = context.settings;
      const capacity = context.pool.find(id)?.size ?? bytes(0);
      const size = await applyDiff(root, tar, { attributes, log, idMaps, capacity, signal: either });
      // The last unmount writes all back and says what could not be; where others stay, it has to be asked for.
      if (context.counts.of(id) > 1) await mounts.sync(showPath(root));
      return size;
    }),
  );
}

function compare(
  { ports }: DriverContext,
  [layer, parent]: MountedRoots,
  signal: CancelSignal | undefined,
): AsyncIterable<TreeChange> {
  return compareTrees(parent, layer, ports.fileAttributes, signal);
}

function untilClosed<T>(
  { gate }: DriverContext,
  signal: CancelSignal | undefined,
  work: (either: CancelSignal) => Promise<T>,
): Promise<T> {
  return withAnyOf([gate.closing, signal], work);
}

function changeOf({ path, kind }: TreeChange): Change {
  if (textOfPath(path) !== undefined) return { path: showPath(path), kind };
  return { path: showPath(path), kind, rawPath: bytesOfPath(path) };
}
