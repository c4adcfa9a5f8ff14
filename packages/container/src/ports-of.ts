import type { GraphDriverPorts } from '@dmthin/graphdriver';
import type { VolumeGroups } from '@dmthin/ports';
import type { ResolutionContext, ServiceIdentifier } from 'inversify';
import {
  BLOCK_DEVICES,
  CLOCK,
  FILE_ATTRIBUTES,
  FILESYSTEMS,
  IN_ORDER,
  KERNEL,
  LOG,
  LOOP_DEVICES,
  MOUNTS,
  RECORDS,
  SMALL_FILES,
  VOLUME_GROUPS,
} from './identifiers.ts';

/** One after another, so that where one fails, all that were opened are known to the closing stack. */
export async function portsOf(context: ResolutionContext): Promise<GraphDriverPorts> {
  const get = <T>(id: ServiceIdentifier<T>): Promise<T> => context.getAsync<T>(id);
  return {
    log: await get(LOG),
    clock: await get(CLOCK),
    kernel: await get(KERNEL),
    records: await get(RECORDS),
    blockDevices: await get(BLOCK_DEVICES),
    loopDevices: await get(LOOP_DEVICES),
    filesystems: await get(FILESYSTEMS),
    mounts: await get(MOUNTS),
    fileAttributes: await get(FILE_ATTRIBUTES),
    volumeGroups: await context.getAsync<VolumeGroups | undefined>(VOLUME_GROUPS, { optional: true }),
    smallFiles: await get(SMALL_FILES),
    inOrder: await get(IN_ORDER),
  };
}
