import {
  DmError,
  parseDeviceNumber,
  parseThinTarget,
  sameDevice,
  sectors,
  sectorsOf,
  type Table,
  tableLength,
  thinTable,
} from '@dmthin/domain';
import type { DeviceInfo, Kernel, KernelCommand, LoadOptions } from '@dmthin/ports';
import type { PoolContext } from '../pool/pool-context.ts';
import type { Volume } from '../thin-pool.ts';

/** The table that makes a volume's device live. @throws DmError INVALID_ARGUMENT: no device can have this size. */
export function tableOf({ poolWord }: PoolContext, { thinId, size }: Pick<Volume, 'thinId' | 'size'>): Table {
  return thinTable({ pool: poolWord, thinId, size: sectorsOf(size) });
}

/** How a live table compares with the one that a volume should have. */
export type Likeness = 'same' | 'other-size' | 'another';

/** @throws DmError READ_ONLY: the pool has failed, so that its thin devices show no table. */
export function compareTables(live: Table, wanted: Table): Likeness {
  const [line, ...rest] = live;
  const [expected] = wanted;
  if (line === undefined || expected === undefined || rest.length > 0 || line.type !== expected.type) return 'another';
  const is = parseThinTarget(line.params);
  const should = parseThinTarget(expected.params);
  if (is.thinId !== should.thinId || is.origin !== undefined || !isSamePool(is.pool, should.pool)) return 'another';
  return tableLength(live) === tableLength(wanted) ? 'same' : 'other-size';
}

/** The kernel prints numbers, whatever it was given. */
function isSamePool(one: string, other: string): boolean {
  return one === other || (one.includes(':') && sameDevice(parseDeviceNumber(one), parseDeviceNumber(other)));
}

/** The state of a volume's device; undefined: it has none. */
export async function lookAt(kernel: Kernel, { deviceName }: Volume): Promise<DeviceInfo | undefined> {
  try {
    return await kernel.info(deviceName);
  } catch (error) {
    if (DmError.is(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/**
 * Takes back the mark of a deferred removal. False: the device went meanwhile.
 * @throws DmError BUSY: the kernel is removing it just now.
 */
export async function cancelDeferredRemoval(kernel: Kernel, { deviceName }: Volume): Promise<boolean> {
  try {
    await kernel.message(deviceName, sectors(0), '@cancel_deferred_remove');
    return true;
  } catch (error) {
    if (DmError.is(error, 'NOT_FOUND')) return false;
    throw error;
  }
}

/** The commands that give a device this table. */
export function switchTo(
  device: Volume['deviceName'],
  table: Table,
  { readOnly }: LoadOptions = {},
): readonly KernelCommand[] {
  return [
    { command: 'load', device, table, readOnly },
    { command: 'resume', device },
  ];
}
