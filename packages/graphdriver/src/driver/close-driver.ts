import { BASE_VOLUME, DmError, type VolumeId, volumeOfDevice } from '@dmthin/domain';
import { mapInParallel } from '../file/in-parallel.ts';
import { unmountVolume } from '../mount/mount-volume.ts';
import { takeDownPool } from '../pool/take-down.ts';
import type { DriverContext } from './driver-context.ts';

/** As many devices are taken down at once. */
const AT_ONCE = 8;

/**
 * Takes everything down (docker-devicemapper.md 7.12): every mount, every active device, and a pool of the driver's own.
 * One that fails keeps no other. Runs once, when nothing else is under way.
 * @throws DmError the first failure, naming all that is left.
 */
export async function takeDown(context: DriverContext): Promise<void> {
  const failures: { readonly what: string; readonly error: unknown }[] = [];
  const note = (what: string) => (error: unknown) => {
    failures.push({ what, error });
  };
  const active = await activeVolumes(context);
  await mapInParallel([...active], AT_ONCE, (id) =>
    unmountVolume(context, id).catch(note(id === BASE_VOLUME ? 'the base device' : `layer "${id}"`)),
  );
  await context.pool.close().catch(note('the records of the pool'));
  await takeDownPool(context.ports, context.source).catch(note(`pool "${context.source.name}"`));
  const [first] = failures;
  if (first === undefined) return;
  const error = DmError.is(first.error) ? first.error : undefined;
  throw new DmError(
    error?.code ?? 'IO',
    `closed, but not all could be taken down: ${failures.map(describe).join('; ')}`,
    {
      errno: error?.errno,
      operation: 'close',
      subject: context.layout.root,
      remedy: 'See who still uses it (dmsetup info, /proc/*/mountinfo); the next start takes up what is left.',
      cause: first.error,
    },
  );
}

/** What is mounted, by us or by an earlier run, and whose device is there. */
async function activeVolumes({ ports, counts, prefix, pool }: DriverContext): Promise<ReadonlySet<VolumeId>> {
  const active = new Set(counts.mounted());
  for (const { name } of await ports.kernel.list()) {
    const id = volumeOfDevice(prefix, name);
    if (id !== undefined && pool.find(id) !== undefined) active.add(id);
  }
  return active;
}

const describe = ({ what, error }: { readonly what: string; readonly error: unknown }): string =>
  `${what}: ${error instanceof Error ? error.message : String(error)}`;
