import { parseStorageOptions } from '@dmthin/domain';
import { type GraphDriverPorts, type GraphDriverSettings, openGraphDriver, openRootPool } from '@dmthin/graphdriver';
import { ContainerModule, type ResolutionContext } from 'inversify';
import { ClosingStack } from '../closing-stack.ts';
import { CLOSING, GRAPH_DRIVER, THIN_POOL } from '../identifiers.ts';
import type { OpenOptions } from '../open-options.ts';
import { portsOf } from '../ports-of.ts';

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
