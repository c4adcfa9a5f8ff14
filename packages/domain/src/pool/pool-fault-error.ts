import { DmError } from '../errors/dm-error.ts';
import type { DeviceName } from '../name/device-name.ts';
import type { PoolFault, ShortOfSpace } from './pool-fault.ts';

/**
 * The error of a change that `fault` kept from being tried.
 * @param attempted what was to be done, such as `snapshot "web-41" from "web-base"`.
 */
export function poolFaultError(fault: PoolFault, pool: DeviceName, attempted: string): DmError {
  const message = (why: string): string => `cannot ${attempted}: pool ${pool} ${why}`;
  switch (fault.kind) {
    case 'short':
      return new DmError('NO_SPACE', message(shortageText(fault)), { subject: pool, remedy: roomFor(fault) });
    case 'read-only':
      return fault.needsCheck
        ? new DmError('READ_ONLY', message('is read-only, and its metadata needs a check'), {
            subject: pool,
            remedy:
              'Take the pool down, check its metadata (dmthin metadata check, repair), and start again; nothing was changed.',
          })
        : new DmError('READ_ONLY', message('is read-only, or out of metadata space'), {
            subject: pool,
            remedy:
              'Grow the metadata (dmthin pool resize --metadata SIZE), remove layers, or load the pool read-write; nothing was changed.',
          });
    case 'failed':
      return new DmError('READ_ONLY', message('is in Fail mode'), {
        subject: pool,
        remedy:
          'Look for I/O errors of its metadata device (dmesg), unmount its layers, and open the root again, which makes a pool of ' +
          'its own anew, as of its last commit, and tells how to do that with one that was given (dm.thinpooldev).',
      });
    case 'unreadable':
      return new DmError('IO', message('cannot read its own counters'), {
        subject: pool,
        remedy: 'Look for I/O errors of its metadata device in the kernel log; nothing was changed.',
      });
  }
}

function shortageText({ of, free, total, minFreeSpace }: ShortOfSpace): string {
  const share = total === 0n ? '0' : (Number((free * 1000n) / total) / 10).toFixed(1);
  return `has ${grouped(free)} of ${grouped(total)} ${of} blocks free (${share} %), below dm.min_free_space=${minFreeSpace}%`;
}

function roomFor({ of }: ShortOfSpace): string {
  return `Grow the ${of} (dmthin pool resize --${of} SIZE), remove layers, or lower dm.min_free_space; nothing was changed.`;
}

/** 8192 as `8,192`. */
function grouped(count: bigint): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/gu, ',');
}
