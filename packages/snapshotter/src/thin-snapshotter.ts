import type { RecoveryReport } from '@dmthin/engine';
import type { CancelSignal, SnapshotRecord } from '@dmthin/ports';
import { isTaken } from './filter/filter.ts';
import { parseFilters } from './filter/parse-filter.ts';
import { snapshotFields } from './filter/snapshot-fields.ts';
import type { Labels } from './label/labels.ts';
import { commitSnapshot } from './snapshot/commit-snapshot.ts';
import { makeSnapshot } from './snapshot/make-snapshot.ts';
import { removeSnapshot } from './snapshot/remove-snapshot.ts';
import { mountsOf } from './snapshot/snapshot-mounts.ts';
import { usageOf } from './snapshot/snapshot-usage.ts';
import { updateSnapshot } from './snapshot/update-snapshot.ts';
import type { SnapshotContext } from './snapshot-context.ts';
import type {
  CommitOptions,
  SnapshotInfo,
  SnapshotMount,
  Snapshotter,
  SnapshotterStatus,
  SnapshotUsage,
} from './snapshotter.ts';

/** The open snapshotter: the use cases behind one gate. */
export class ThinSnapshotter implements Snapshotter {
  readonly recovery: RecoveryReport;
  readonly #context: SnapshotContext;

  constructor(context: SnapshotContext, recovery: RecoveryReport) {
    this.#context = context;
    this.recovery = recovery;
  }

  prepare(
    key: string,
    parent: string | undefined,
    labels: Labels = {},
    signal?: CancelSignal,
  ): Promise<readonly SnapshotMount[]> {
    return this.#run(() => makeSnapshot(this.#context, { kind: 'active', key, parent, labels }, signal));
  }

  view(
    key: string,
    parent: string | undefined,
    labels: Labels = {},
    signal?: CancelSignal,
  ): Promise<readonly SnapshotMount[]> {
    return this.#run(() => makeSnapshot(this.#context, { kind: 'view', key, parent, labels }, signal));
  }

  mounts(key: string, signal?: CancelSignal): Promise<readonly SnapshotMount[]> {
    return this.#run(() => mountsOf(this.#context, key, signal));
  }

  commit(name: string, key: string, options: CommitOptions = {}, signal?: CancelSignal): Promise<void> {
    return this.#run(() => commitSnapshot(this.#context, name, key, options, signal));
  }

  remove(key: string, signal?: CancelSignal): Promise<void> {
    return this.#run(() => removeSnapshot(this.#context, key, signal));
  }

  stat(key: string): SnapshotInfo {
    this.#checkOpen();
    return infoOf(this.#context.table.get(key));
  }

  update(name: string, labels: Labels, fields: readonly string[] = []): Promise<SnapshotInfo> {
    return this.#run(async () => infoOf(await updateSnapshot(this.#context, name, labels, fields)));
  }

  list(filters: readonly string[] = []): readonly SnapshotInfo[] {
    this.#checkOpen();
    const parsed = parseFilters(filters);
    const infos = Array.from(this.#context.table.all(), infoOf);
    const taken = infos.filter((info) => isTaken(parsed, snapshotFields(info)));
    return taken.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  usage(key: string): Promise<SnapshotUsage> {
    return this.#run(() => usageOf(this.#context, key));
  }

  cleanUp(): Promise<void> {
    return this.#run(async () => {
      await this.#context.removals.settle();
      await this.#context.ports.pool.deleteMarked();
    });
  }

  status(): Promise<SnapshotterStatus> {
    const { table, removals, ports } = this.#context;
    return this.#run(async () => {
      const marked = [...ports.pool.volumes()].filter(({ isDeleted }) => isDeleted).length;
      return {
        poolName: ports.pool.name,
        pool: await ports.pool.status(),
        blockSize: ports.pool.blockSize,
        snapshots: [...table.all()].length,
        outstanding: removals.size + marked,
      };
    });
  }

  close(): Promise<void> {
    const { gate, removals, ports } = this.#context;
    return gate.close(async () => {
      await removals.stop();
      await ports.pool.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    return this.#context.gate.run(work);
  }

  #checkOpen(): void {
    if (this.#context.gate.closing.aborted) throw this.#context.gate.closedError();
  }
}

function infoOf({ kind, name, parent, labels, createdAt, updatedAt }: SnapshotRecord): SnapshotInfo {
  return { kind, name, parent, labels, createdAt, updatedAt };
}
