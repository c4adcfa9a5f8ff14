import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { SnapshotInfo, SnapshotKind, SnapshotMount } from 'dmthin';
import type { InfoSchema, MountSchema } from './generated/snapshots_pb.ts';

/** containerd's enum `Kind`. */
const KINDS: Readonly<Record<SnapshotKind, number>> = { view: 1, active: 2, committed: 3 };
const SECOND = 1_000_000_000n;

export function infoMessage(info: SnapshotInfo): MessageInitShape<typeof InfoSchema> {
  return {
    name: info.name,
    parent: info.parent ?? '',
    kind: KINDS[info.kind],
    createdAt: timestamp(info.createdAt),
    updatedAt: timestamp(info.updatedAt),
    labels: { ...info.labels },
  };
}

export function mountMessages(mounts: readonly SnapshotMount[]): MessageInitShape<typeof MountSchema>[] {
  return mounts.map(({ type, source, options }) => ({ type, source, options: [...options] }));
}

/** protobuf has no absent text: the empty one is none. */
export const textOf = (text: string): string | undefined => (text === '' ? undefined : text);

function timestamp(nanoseconds: bigint): Timestamp {
  const nanos = ((nanoseconds % SECOND) + SECOND) % SECOND;
  return create(TimestampSchema, { seconds: (nanoseconds - nanos) / SECOND, nanos: Number(nanos) });
}
