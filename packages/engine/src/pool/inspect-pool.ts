import {
  type Bytes,
  bytesOf,
  type DeviceName,
  DmError,
  formatDeviceNumber,
  type PoolStatus,
  parsePoolStatus,
  parseThinPoolTarget,
  poolTroubles,
} from '@dmthin/domain';
import type { Kernel } from '@dmthin/ports';

/** What a live thin pool is when it is opened. */
export interface InspectedPool {
  /** `major:minor`. */
  readonly word: string;
  readonly status: PoolStatus;
  readonly blockSize: Bytes;
  /** What a person should know of its state. */
  readonly findings: readonly string[];
}

/** @throws DmError NOT_FOUND: no such device. INVALID_ARGUMENT: it has no live table, or is no thin-pool. */
export async function inspectPool(kernel: Kernel, name: DeviceName): Promise<InspectedPool> {
  const info = await kernel.info(name).catch((error: unknown) => {
    if (!DmError.is(error, 'NOT_FOUND')) throw error;
    throw new DmError('NOT_FOUND', `there is no thin pool "${name}"`, {
      errno: error.errno,
      operation: 'open',
      subject: name,
      remedy: 'Make it first (dmsetup create, lvcreate --thinpool), or name another: dmsetup ls --target thin-pool.',
      cause: error,
    });
  });
  const [[line], [target]] = await Promise.all([kernel.status(name, { noFlush: true }), kernel.table(name)]);
  if (line === undefined || target === undefined)
    throw notAPool(name, 'has no live table', `Load its table and resume it (dmsetup resume ${name}).`);
  if (line.type !== 'thin-pool' || target.type !== 'thin-pool')
    throw notAPool(
      name,
      `is a ${line.type} device, not a thin-pool`,
      'Name a thin pool: dmsetup ls --target thin-pool.',
    );
  const status = parsePoolStatus(line.text);
  const { blockSize } = parseThinPoolTarget(target.params);
  return {
    word: formatDeviceNumber(info.number),
    status,
    blockSize: bytesOf(blockSize),
    findings: [
      ...poolTroubles(name, status),
      ...(info.isSuspended ? [`pool ${name} is suspended: its volumes wait`] : []),
    ],
  };
}

function notAPool(name: DeviceName, what: string, remedy: string): DmError {
  return new DmError('INVALID_ARGUMENT', `cannot open "${name}": it ${what}`, {
    operation: 'open',
    subject: name,
    remedy,
  });
}
