import {
  type DeviceName,
  type DeviceUuid,
  deviceName,
  deviceUuid,
  formatDeviceNumber,
  formatTable,
  parseTable,
} from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';

/** A mapped device as it can be made again. */
export interface SavedDevice {
  readonly name: string;
  readonly uuid: string | undefined;
  readonly minor: number;
  /** The lines of its live table; empty where it has none. */
  readonly table: string;
  readonly isReadOnly: boolean;
  readonly isSuspended: boolean;
}

/** Every mapped device, those that others stand on first; pools have committed. */
export async function saveDevices(kernel: Kernel): Promise<readonly SavedDevice[]> {
  const below = new Map<string, readonly string[]>();
  const saved = new Map<string, SavedDevice>();
  for (const { name, number } of await kernel.list()) {
    const key = formatDeviceNumber(number);
    saved.set(key, await saveDevice(kernel, name));
    below.set(key, (await kernel.deps(name)).map(formatDeviceNumber));
  }
  const ordered = new Set<SavedDevice>();
  const visit = (key: string): void => {
    const device = saved.get(key);
    if (device === undefined || ordered.has(device)) return;
    for (const lower of below.get(key) ?? []) visit(lower);
    ordered.add(device);
  };
  for (const key of saved.keys()) visit(key);
  return [...ordered];
}

/** Makes the devices again, with the numbers they had; the disks below them are there already. */
export async function restoreDevices(kernel: Kernel, devices: readonly SavedDevice[]): Promise<void> {
  for (const { name, uuid, minor, table, isReadOnly, isSuspended } of devices) {
    const device = deviceName(name);
    await kernel.create(device, { minor, uuid: uuid === undefined ? undefined : deviceUuid(uuid) });
    if (table === '') continue;
    await kernel.load(device, parseTable(table), { readOnly: isReadOnly });
    await kernel.resume(device);
    if (isSuspended) await kernel.suspend(device);
  }
}

async function saveDevice(kernel: Kernel, name: DeviceName): Promise<SavedDevice> {
  const { uuid, number, isReadOnly, isSuspended } = await kernel.info(name);
  // A pool commits before it answers.
  await kernel.status(name);
  const table = formatTable(await kernel.table(name));
  return { name, uuid: uuid satisfies DeviceUuid | undefined, minor: number.minor, table, isReadOnly, isSuspended };
}
