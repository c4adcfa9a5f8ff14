import { type DeviceName, type DevicePrefix, DmError, parsePoolStatus, volumeOfDevice } from '@dmthin/domain';
import type { DeviceInfo, Kernel } from '@dmthin/ports';
import type { DriverContext } from '../driver/driver-context.ts';
import type { GraphDriverPorts } from '../ports.ts';
import { infoOf } from './device-info.ts';
import type { PoolSource } from './pool-source.ts';
import { takeDownPool } from './take-down.ts';

/**
 * A pool of the driver's own in Fail mode is taken away where nothing of it is in use, so that it can be made anew: Linux
 * leaves the device in that mode for good, and another one on the same metadata goes on from the last commit (dm-kernel.md
 * 3.4). False: it has not failed, or is in use, which `failureFindings` tells.
 */
export async function takeAwayFailed(
  ports: Pick<GraphDriverPorts, 'kernel' | 'loopDevices' | 'clock' | 'log'>,
  prefix: DevicePrefix,
  pool: Pick<PoolSource, 'name' | 'backing'>,
): Promise<boolean> {
  const { kernel, log } = ports;
  const [target] = await kernel.status(pool.name, { noFlush: true });
  if (target?.type !== 'thin-pool' || parsePoolStatus(target.text).kind !== 'fail') return false;
  if ((await letGo(kernel, prefix, pool.name)).length > 0) return false;
  try {
    await takeDownPool(ports, pool);
  } catch (error) {
    if (DmError.is(error, 'BUSY')) return false;
    throw error;
  }
  log.write(
    'warn',
    `pool "${pool.name}" had failed, and is made anew as of its last commit; look for I/O errors of its metadata device (dmesg)`,
  );
  return true;
}

/**
 * What is to be done about a pool that is in Fail mode and could not be made anew. Devices of it that nobody has open are
 * taken away, so that only those in use are named.
 */
export async function failureFindings({
  ports: { kernel },
  prefix,
  source: { name, backing },
  pool,
}: Pick<DriverContext, 'ports' | 'prefix' | 'source' | 'pool'>): Promise<readonly string[]> {
  if (pool.opened.status.kind !== 'fail') return [];
  const users = (await letGo(kernel, prefix, name)).map((device) => volumeOfDevice(prefix, device) ?? device);
  const release = `unmount what uses it (${users.length > 0 ? users.join(', ') : 'dmsetup ls --tree shows what'})`;
  const renewal =
    backing === undefined
      ? `end who has this root open, and make it anew: ${byHand(await kernel.info(name))}`
      : 'and open the root again, which makes it anew';
  return [
    `pool "${name}" has failed, as I/O errors of its metadata device make it (dmesg), and nothing in it can be read or written ` +
      `until it is made anew, as of its last commit. To do: ${release}, ${renewal}`,
  ];
}

/** Takes the root's devices away that nobody has open; gives those that somebody has. */
async function letGo(kernel: Kernel, prefix: DevicePrefix, pool: DeviceName): Promise<readonly DeviceName[]> {
  const users: DeviceName[] = [];
  for (const { name } of await kernel.list()) {
    if (name === pool || !name.startsWith(`${prefix}-`)) continue;
    const info = await infoOf(kernel, name);
    if (info === undefined) continue;
    if (info.openCount > 0 || !(await isRemoved(kernel, name))) users.push(name);
  }
  return users;
}

/** False: somebody opened it in between. */
async function isRemoved(kernel: Kernel, name: DeviceName): Promise<boolean> {
  try {
    await kernel.remove(name);
  } catch (error) {
    if (DmError.is(error, 'BUSY')) return false;
    if (!DmError.is(error, 'NOT_FOUND')) throw error;
  }
  return true;
}

function byHand({ name, uuid }: DeviceInfo): string {
  if (uuid?.startsWith('LVM-') === true) return 'lvchange -an VG/POOL && lvchange -ay VG/POOL';
  const identity = uuid === undefined ? '' : ` --uuid ${uuid}`;
  return `dmsetup table ${name} > pool.table && dmsetup remove ${name} && dmsetup create ${name}${identity} < pool.table`;
}
