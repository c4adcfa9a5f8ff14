import { basename, dirname } from 'node:path';
import { bytes, isVolumeId, type VolumeId } from '@dmthin/domain';
import type { MountPoint } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import { mountPointOf } from '../layout/root-layout.ts';
import { unmountVolume } from '../mount/mount-volume.ts';
import type { Found } from './finding.ts';

/** Mounts and their counted users, where they do not agree. */
export async function mountFindings(context: DriverContext): Promise<readonly Found[]> {
  const { ports, layout, counts, pool, locks } = context;
  const below = (await ports.mounts.list()).filter(({ target }) => dirname(target) === layout.mounts);
  const found: Found[] = [];
  for (const mount of below) {
    const id = basename(mount.target);
    if (!isVolumeId(id) || pool.find(id) === undefined) found.push(unknownMount(context, mount));
  }
  const layers = new Set([...counts.mounted(), ...below.map(({ target }) => basename(target)).filter(isVolumeId)]);
  for (const id of layers) {
    if (pool.find(id) === undefined) continue;
    // Under the layer's lock, so that no mount that is just being made is taken for a fault.
    await locks.run([id], async () => {
      const isMounted = (await ports.mounts.find(mountPointOf(layout, id))) !== undefined;
      if (isMounted && counts.of(id) === 0) found.push(uncountedMount(context, id));
      if (!isMounted && counts.of(id) > 0) found.push(missingMount(context, id));
    });
  }
  return found;
}

function unknownMount({ ports: { mounts } }: DriverContext, { source, target }: MountPoint): Found {
  return {
    kind: 'unknown-mount',
    subject: target,
    what: `${source} is mounted on ${target}, which belongs to no layer`,
    cause: 'Its layer was removed while it was mounted, or somebody mounted it by hand.',
    holds: bytes(0),
    remedy: `See who uses it (fuser -m ${target}), then umount ${target}.`,
    repair: { what: 'unmount it, unless it is in use', run: () => mounts.unmount(target) },
  };
}

function uncountedMount({ counts, layout, locks }: DriverContext, id: VolumeId): Found {
  const target = mountPointOf(layout, id);
  return {
    kind: 'uncounted-mount',
    subject: id,
    what: `layer "${id}" is mounted on ${target}, and nobody counts as its user`,
    cause: 'Somebody mounted it by hand since this driver was opened.',
    holds: bytes(0),
    remedy: `Unmount it where it was mounted (umount ${target}).`,
    repair: {
      what: 'count one user, who can unmount it',
      run: () => locks.run([id], async () => void (counts.of(id) === 0 && counts.add(id))),
    },
  };
}

function missingMount(context: DriverContext, id: VolumeId): Found {
  const { counts, locks } = context;
  const users = counts.of(id);
  return {
    kind: 'missing-mount',
    subject: id,
    what: `layer "${id}" has ${users} user${users === 1 ? '' : 's'}, and is not mounted`,
    cause: 'Somebody unmounted it by hand.',
    holds: bytes(0),
    remedy: `Unmount it as often as it was mounted (dmthin umount ${id}), then mount it again.`,
    repair: {
      what: 'forget its users, and take its device away',
      run: () =>
        locks.run([id], async () => {
          while (counts.of(id) > 0) counts.remove(id);
          await unmountVolume(context, id);
        }),
    },
  };
}
