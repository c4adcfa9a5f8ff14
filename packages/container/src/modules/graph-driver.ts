import { parseStorageOptions } from '@dmthin/domain';
import { type GraphDriverPorts, type GraphDriverSettings, openGraphDriver, openRootPool } from '@dmthin/graphdriver';
import type { VolumeGroups } from '@dmthin/ports';
import { ContainerModule, type ResolutionContext, type ServiceIdentifier } from 'inversify';
import { ClosingStack } from '../closing-stack.ts';
import {
  BLOCK_DEVICES,
  CLOCK,
  CLOSING,
  FILE_ATTRIBUTES,
  FILESYSTEMS,
  GRAPH_DRIVER,
  KERNEL,
  LOG,
  LOOP_DEVICES,
  MOUNTS,
  RECORDS,
  THIN_POOL,
  VOLUME_GROUPS,
} from '../identifiers.ts';
import type { OpenOptions } from '../open-options.ts';

/** The driver over whatever the other modules bind. It closes what was opened for it, when it closes or fails to open. */
export function graphDriver(
  root: string,
  { storageOptions = [], parents, users, idMaps }: Pick<OpenOptions, 'storageOptions' | 'parents' | 'users' | 'idMaps'>,
): ContainerModule {
  // Checked before anything is opened.
  const settings = { root, options: parseStorageOptions(storageOptions), parents, users, idMaps };
  return new ContainerModule(({ bind }) => {
    bind(CLOSING).toConstantValue(new ClosingStack());
    bind(GRAPH_DRIVER)
      .toDynamicValue((context) => opened(context, settings, openGraphDriver))
      .inSingletonScope()
      .onDeactivation((driver) => driver.close());
    bind(THIN_POOL)
      .toDynamicValue((context) => opened(context, settings, openRootPool))
      .inSingletonScope()
      .onDeactivation((pool) => pool.close());
  });
}

async function opened<T>(
  context: ResolutionContext,
  settings: GraphDriverSettings,
  open: (ports: GraphDriverPorts, settings: GraphDriverSettings) => Promise<T>,
): Promise<T> {
  const closing = context.get(CLOSING);
  try {
    return await open(await portsOf(context), { ...settings, afterClose: () => closing.close() });
  } catch (error) {
    await closing.close();
    throw error;
  }
}

/** One after another, so that where one fails, all that were opened are known to the closing stack. */
async function portsOf(context: ResolutionContext): Promise<GraphDriverPorts> {
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
  };
}
