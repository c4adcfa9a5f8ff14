import { DmError } from '../errors/dm-error.ts';

/** A range of user or group ids in a user namespace, and where on the host it lies (user_namespaces(7)). */
export interface IdRange {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

/** What a user namespace makes of owners. No range at all: ids are the host's own. */
export interface IdMaps {
  readonly users: readonly IdRange[];
  readonly groups: readonly IdRange[];
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who an owner of the namespace is on the host.
 * @throws DmError NOT_SUPPORTED: outside of every range; Docker's text.
 */
export function hostOwner({ users, groups }: IdMaps, { uid, gid }: Owner): Owner {
  return { uid: hostId(users, uid), gid: hostId(groups, gid) };
}

/**
 * Who an owner on the host is in the namespace.
 * @throws DmError NOT_SUPPORTED: outside of every range; Docker's text.
 */
export function containerOwner({ users, groups }: IdMaps, { uid, gid }: Owner): Owner {
  return { uid: containerId(users, uid), gid: containerId(groups, gid) };
}

function hostId(ranges: readonly IdRange[], id: number): number {
  if (ranges.length === 0) return id;
  const range = ranges.find((one) => id >= one.containerId && id - one.containerId < one.size);
  if (range === undefined) throw unmapped(`Container ID ${id} cannot be mapped to a host ID`);
  return range.hostId + (id - range.containerId);
}

function containerId(ranges: readonly IdRange[], id: number): number {
  if (ranges.length === 0) return id;
  const range = ranges.find((one) => id >= one.hostId && id - one.hostId < one.size);
  if (range === undefined) throw unmapped(`Host ID ${id} cannot be mapped to a container ID`);
  return range.containerId + (id - range.hostId);
}

function unmapped(message: string): DmError {
  return new DmError('NOT_SUPPORTED', message, {
    operation: 'map owner',
    remedy: 'Give the user namespace more ids (/etc/subuid, /etc/subgid), or change the owner of the file.',
  });
}
