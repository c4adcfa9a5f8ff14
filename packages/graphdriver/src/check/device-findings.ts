import { bytes, type DeviceName, DmError, formatDeviceNumber, volumeOfDevice } from '@dmthin/domain';
import type { DriverContext } from '../driver/driver-context.ts';
import type { Found } from './finding.ts';

/** Active devices that are named after this root, or stand on its pool, and are no layer's. */
export async function deviceFindings({
  ports: { kernel },
  pool,
  prefix,
  source,
}: DriverContext): Promise<readonly Found[]> {
  const poolWord = formatDeviceNumber(pool.opened.number);
  const found: Found[] = [];
  for (const { name } of await kernel.list()) {
    const id = volumeOfDevice(prefix, name);
    if (name === pool.name || (id !== undefined && pool.find(id) !== undefined)) continue;
    const thin = await thinOn(name, poolWord);
    const isNamedAfterUs = name.startsWith(`${prefix}-`);
    if (thin === undefined && !isNamedAfterUs) continue;
    // What stands on a pool from outside may be in good hands, such as LVM's.
    const isOurs = isNamedAfterUs || source.backing !== undefined;
    found.push({
      kind: 'unknown-device',
      subject: name,
      what: `device ${name} is active${thin === undefined ? '' : ` on thin device ${thin} of this pool`}, and is no layer's`,
      cause: 'Its layer went while it was in use, or the root was moved or copied while it was active.',
      holds: bytes(0),
      remedy: `See who uses it (dmsetup info ${name}; /proc/*/mountinfo), then dmsetup remove ${name}.`,
      repair: isOurs
        ? { what: 'remove the device, unless it is open; what is in the pool stays', run: () => kernel.remove(name) }
        : undefined,
    });
  }
  return found;

  /** The thin id, where it is a thin device on this root's pool. */
  async function thinOn(name: DeviceName, word: string): Promise<string | undefined> {
    try {
      const [target] = await kernel.table(name);
      const [on, thin] = target?.type === 'thin' ? target.params.split(' ') : [];
      return on === word ? thin : undefined;
    } catch (error) {
      if (DmError.is(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }
}
