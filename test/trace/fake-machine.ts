import { createHash } from 'node:crypto';
import { DmError, ERRNO, type ErrnoName, parseDeviceNumber } from '@dmthin/domain';
import {
  createFakeKernel,
  type FakeKernel,
  fakeIoctl,
  ManualClock,
  MemoryStore,
  type Personality,
} from '@dmthin/kernel-fake';
import type { BlockHandle } from '@dmthin/ports';
import { type Answer, type Call, type IoCall, pattern, type TracedMachine, type TraceHeader } from './call.ts';
import { failed, type Outcome, readThroughCache, writeThroughCache } from './page-cache.ts';
import { personalityOf } from './release.ts';

const REQUEST = 0xc138_fd00;
const SECTOR = 512;
/** Host time after which a call of the fake counts as one that waits for ever. */
const PATIENCE = 2000;

/** A fake machine as a trace's header describes it. */
export function fakeMachine(
  header: TraceHeader,
  personality: Personality = personalityOf(header.release),
): TracedMachine {
  const clock = new ManualClock();
  const kernel = createFakeKernel({ personality, major: header.major, clock, nodes: false });
  for (const { number, sectors } of header.disks) kernel.attach(number, new MemoryStore(sectors * SECTOR));
  kernel.onLookup((path) => header.disks.find((disk) => disk.path === path)?.number);
  const ioctl = fakeIoctl(kernel);
  return {
    play: async (call) => {
      switch (call.op) {
        case 'sleep':
          clock.advance(call.ms);
          return undefined;
        case 'ioctl': {
          const buffer = new Uint8Array(call.size);
          buffer.set(call.given);
          return { ...(await answered(call, ioctl(0, REQUEST | call.nr, buffer))), buffer };
        }
        default: {
          const { ret, errno, data } = io(kernel, call);
          return data === undefined
            ? { ret, errno }
            : { ret, errno, sha256: createHash('sha256').update(data).digest('hex') };
        }
      }
    },
  };
}

/** What the ioctl returned. @throws DmError TIMED_OUT: it waits, as no recorded call did. */
async function answered(call: Call, pending: Promise<number>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DmError('TIMED_OUT', `the fake waits: ${JSON.stringify(call)}`)), PATIENCE);
  });
  try {
    return { ret: await Promise.race([pending, tooLong]), errno: 0 };
  } catch (failure) {
    if (!DmError.is(failure) || failure.errno === undefined) throw failure;
    return { ret: -1, errno: ERRNO[failure.errno as ErrnoName] };
  } finally {
    clearTimeout(timer);
  }
}

function io(kernel: FakeKernel, call: IoCall): Outcome {
  let handle: BlockHandle | undefined;
  try {
    handle = kernel.open(parseDeviceNumber(call.dev));
    if (call.op === 'read') return readThroughCache(handle, call.offset, call.length);
    if (call.op === 'write') return writeThroughCache(handle, call.offset, pattern(call.seed ?? 0, call.length));
    handle.discard(call.offset, call.length);
    return { ret: 0, errno: 0 };
  } catch (failure) {
    return failed(failure);
  } finally {
    handle?.close();
  }
}
