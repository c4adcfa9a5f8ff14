import { join } from 'node:path';
import { parseStorageOptions, resolveDeferral, type StorageOptions } from '@dmthin/domain';
import { openRootPool } from '@dmthin/graphdriver';
import type { Snapshotter } from '@dmthin/snapshotter';
import { ContainerModule, type ResolutionContext } from 'inversify';
import { ClosingStack } from '../closing-stack.ts';
import { CLOSING, SNAPSHOT_RECORDS, SNAPSHOTTER } from '../identifiers.ts';
import type { OpenOptions } from '../open-options.ts';
import { portsOf } from '../ports-of.ts';

/** The snapshotter over whatever the other modules bind. It closes what was opened for it, when it closes or fails to open. */
export function snapshotter(
  root: string,
  { storageOptions = [] }: Pick<OpenOptions, 'storageOptions'>,
): ContainerModule {
  // Checked before anything is opened.
  const options = parseStorageOptions(storageOptions);
  return new ContainerModule(({ bind }) => {
    bind(CLOSING).toConstantValue(new ClosingStack());
    bind(SNAPSHOTTER)
      .toDynamicValue((context) => opened(context, root, options))
      .inSingletonScope()
      .onDeactivation((one) => one.close());
  });
}

async function opened(context: ResolutionContext, root: string, options: StorageOptions): Promise<Snapshotter> {
  const closing = context.get(CLOSING);
  try {
    const ports = await portsOf(context);
    const records = await context.getAsync(SNAPSHOT_RECORDS);
    const { openSnapshotter } = await import('@dmthin/snapshotter');
    const pool = await openRootPool(ports, { root, options, afterClose: () => closing.close() });
    return await openSnapshotter(
      { ...ports, pool, records },
      {
        mountDirectory: join(root, 'mnt'),
        baseSize: options.baseSize,
        filesystem: options.filesystem,
        mkfsArguments: options.mkfsArguments,
        mountOptions: options.mountOptions,
        deferral: resolveDeferral(options, ports.kernel.capabilities),
      },
    );
  } catch (error) {
    await closing.close();
    throw error;
  }
}
