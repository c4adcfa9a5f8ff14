import {
  type DeviceName,
  DmError,
  devicePath,
  readerDeviceName,
  sectorsOf,
  type Table,
  thinTable,
} from '@dmthin/domain';
import type { BlockDevice, BlockDevices, Kernel } from '@dmthin/ports';
import { asDmError, attempting, orUndo } from '../failure/failure.ts';
import type { PoolContext } from '../pool/pool-context.ts';
import type { Volume, VolumeReader } from '../thin-pool.ts';
import { untilNotBusy } from '../wait/retry.ts';
import { closePatience } from './deactivate.ts';
import { shownId } from './volume-table.ts';

/** Readers that this process has made; each has a device of its own. */
let readers = 0;

/** See `ThinPool.openReader`. */
export async function openReader(
  context: PoolContext,
  blockDevices: BlockDevices,
  id: Volume['id'],
): Promise<VolumeReader> {
  const { ports, poolWord, settings, volumes } = context;
  const { thinId, size } = volumes.getUsable(id, `read ${shownId(id)}`);
  readers += 1;
  const name = readerDeviceName(settings.devicePrefix, thinId, readers);
  try {
    const table = thinTable({ pool: poolWord, thinId, size: sectorsOf(size) });
    const device = await openDevice(ports.kernel, blockDevices, name, table);
    return {
      size,
      read: (offset, length) => device.read(offset, length),
      close: async () => {
        await device.close();
        // A reader is closed while its pool is, too; nobody else opens its device but for a moment (udev).
        await untilNotBusy(closePatience(context, undefined), () =>
          removeReader(ports.kernel, name, settings.deferredRemoval),
        );
      },
    };
  } catch (error) {
    throw attempting(`read ${shownId(id)}`, error);
  }
}

/** At the opening: removes the devices of readers whose process ended. Gives a finding for each that stays. */
export async function removeLeftReaders(
  kernel: Kernel,
  isReader: (name: DeviceName) => boolean,
): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const { name } of await kernel.list()) {
    if (!isReader(name)) continue;
    await removeReader(kernel, name, false).catch((error: unknown) => {
      findings.push(`device ${name}, by which a layer was read, stays: ${asDmError(error).message}`);
    });
  }
  return findings;
}

async function openDevice(
  kernel: Kernel,
  blockDevices: BlockDevices,
  name: DeviceName,
  table: Table,
): Promise<BlockDevice> {
  const opened = async (): Promise<BlockDevice> => {
    await kernel.sequence([
      { command: 'create', device: name },
      { command: 'load', device: name, table, readOnly: true },
      { command: 'resume', device: name },
    ]);
    return blockDevices.open(devicePath(name), { readOnly: true });
  };
  return orUndo(opened(), () => removeReader(kernel, name, false));
}

/** Succeeds where it is gone. */
async function removeReader(kernel: Kernel, name: DeviceName, deferred: boolean): Promise<void> {
  try {
    await kernel.remove(name, { deferred });
  } catch (error) {
    if (!DmError.is(error, 'NOT_FOUND')) throw error;
  }
}
