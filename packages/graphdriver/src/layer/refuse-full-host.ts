import { bytes, DmError, humanSize, type PoolStatus, roomBelowFault, type VolumeId } from '@dmthin/domain';
import type { DriverContext } from '../driver/driver-context.ts';
import { freeSpaceUnder } from '../status/host-space.ts';

/**
 * Refuses a new layer while the file system under a pool's sparse file is nearly full: the pool's own numbers do not show
 * it, and a write that finds no room there takes the layers' file systems down (docker-devicemapper.md 12.1, defect 19).
 * @throws DmError NO_SPACE.
 */
export async function refuseFullHost(
  { source, options }: Pick<DriverContext, 'source' | 'options'>,
  id: VolumeId,
  status: PoolStatus,
): Promise<void> {
  const file = source.backing?.data.loopFile;
  if (file === undefined || options.minFreeSpace === 0) return;
  const free = await freeSpaceUnder(file);
  const fault = roomBelowFault(status, free / source.blockSize, options.minFreeSpace);
  if (fault === undefined) return;
  const required = humanSize(bytes(fault.required * source.blockSize));
  throw new DmError(
    'NO_SPACE',
    `cannot create "${id}": the file system under ${file} has ${humanSize(free)} left, less than the ${required} of ` +
      `dm.min_free_space=${options.minFreeSpace}%`,
    {
      operation: 'create',
      subject: file,
      remedy: 'Make room on that file system, remove layers, or lower dm.min_free_space; nothing was changed.',
    },
  );
}
